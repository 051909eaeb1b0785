// Package sharing is the server's part in a memory that several nodes share: it opens the engine that the settings name, says what
// becomes of the memory and of the other nodes, and is the command `nodes`.
//
//	Check      what is wrong with the files that state.redis names
//	Open       the engine, and with it the node's lease; nothing where no address is set: a nil *Sharing is a node that is alone
//	Start      the others are watched
//	Report     the nodes and the memory, for `nodes` and `doctor`
//
// With state.redis.on_failure: insecure_alone the node goes on by itself while the memory cannot be asked (cluster.Alone), which is shouted at each
// turn and once a minute. With reject nothing of that is there.
package sharing
