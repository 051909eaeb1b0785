// Package redis is the memory that the nodes of one cluster share, kept by Redis 7 or Valkey: one server, Sentinel, or Cluster. It is the
// cluster.Attempts, cluster.Phones, cluster.Feed and cluster.Table of a node, its API budget, and its membership.
//
//	redis     the Engine: the node's lease, the feed, the tables, and what is asked of the servers; it has the others
//	link      the connection to the servers: it runs scripts, and makes keys, digests and seals
//	claims    attempts and phones
//	budget    the API budget
//
// # Keys
//
// Everything about one attempt or one phone lies in one slot, so that one Lua script, one round trip, decides it: `{prefix:NNN}` with one of
// 256 buckets, drawn from the keyed digest of what it is about, is the hash tag of all its keys. Each bucket has an `epoch`, which says
// since when it remembers: where it is gone the server was restarted empty, and every phone of the bucket is unknown until a push of the time before
// has died (cluster.Young).
//
//	{P:NNN}:epoch              since when the bucket remembers, in milliseconds
//	{P:NNN}:a:DIGEST           an attempt
//	{P:NNN}:p:DIGEST           a phone
//	{P:NNN}:p:DIGEST:DIGEST    how an attempt's claim of that phone ended, for cluster.EndKept
//	{P:budget}:DIGEST:state    the counts of an API key's windows, and what iVALT said of its limits
//	{P:budget}:DIGEST:second   the calls of the last second; so are :minute and :hour
//	{P:budget}:DIGEST:held     how many places each node has reserved, and until when
//	{P:nodes}:leases           when the leases of the nodes end, by incarnation
//	{P:nodes}:records          what the nodes say of themselves
//	{P:nodes}:epoch            that of the whole memory: another one, and it was emptied
//	{P:feed}                   the stream of what nodes tell each other
//	{P:table:NAME}             a table
//	{P:table:NAME}:gone        what was deleted from it within a week
//	P:node:INCARNATION         the channel of one node's notices
//
// Times are the server's (TIME), never a node's: clocks that differ do no harm.
//
// # Secrecy
//
// Keys hold digests under the cluster key (HMAC-SHA-256); what must be read again is sealed with it (AES-256-GCM with a random nonce, bound to
// its place). Names of nodes, their versions, durations and counters are in the clear, nothing of a person is. An answer is believed only as long
// as it counts, by the memory's clock, and an hour longer by the node's own; an attempt's ID is bound to its key. So whoever can write there without the
// cluster key brings no approval back, and gives none to another login. What they can do is deny logins, have a phone ring again, and make
// a phone look clean that is not: then it is the drain and the sentinel poll alone that tell a stale approval.
package redis
