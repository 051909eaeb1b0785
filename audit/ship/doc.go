// Package ship sends the trail's records to receivers elsewhere: syslog, journald, a file. Evidence that lies on one machine alone is
// gone with it.
//
// The trail itself is the spool. Each receiver has a goroutine that follows the trail's files behind what is durable, and a cursor, the
// number of the last record that counts as taken, in state.directory. Nobody who writes the trail knows of any of this: a slow, dead or
// lying receiver costs a login nothing, and nothing is written twice.
//
// # What arrives
//
// Every record at least once, and in order. Where a link fails, all that does not yet count as taken comes again: a receiver tells
// records apart by their seq (or hash). What counts as taken: over TCP and TLS what was read to its end by a program that closed its
// side behind ours, on a way that stayed sound for some seconds more; over UDP what no error came back for within seconds, which
// promises nothing; to journald what its socket took; to a file what is synced. So connections are short: a record is followed by a
// closed connection within half a minute.
//
// # When a receiver falls behind
//
// Further than its spool, in octets of the trail, the oldest records are skipped, counted, and told in the trail itself with
// "shipping_skipped"; so are records whose segments are gone, or cannot be read. "shipping_failing" and "shipping_recovered" stand in
// the trail once an outage. A receiver that fails is tried again after a second, then less and less often, once a minute at last.
//
// A receiver without a cursor begins with the oldest record that its spool has room for.
package ship
