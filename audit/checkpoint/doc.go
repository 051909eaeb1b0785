// Package checkpoint signs how far a trail has come. The node's Ed25519 key (RFC 8032) lies in state.directory as audit.key, for the
// owner alone; its public half beside it as audit.pub, to be kept elsewhere. A signature is over
//
//	ivalt-radius audit checkpoint 1
//	<seq of the record that it covers>
//	<its hash>
//
// each line with its newline, so it is a signature of nothing else. The chain alone shows a change to whoever knows a later hash; a
// signature shows that nobody without the key rewrote the whole trail. Whoever can read the key can do so still.
package checkpoint
