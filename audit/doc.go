// Package audit says what happened: the event types, the field names that logs use too, masking, and the durable,
// hash-chained trail.
//
// An Event renders its own fields once; the log line and the trail's line are built from the same bytes, so they never
// tell two stories. A Trail numbers and chains the lines, writes them in groups and makes each group durable with one
// fsync. Commit returns when the event is on disk: no Access-Accept leaves before that. Post queues an event for the next
// group and returns at once: a Reject need not wait for the disk.
//
// # The line
//
//	{"time":"2026-11-23T09:00:00.5Z","seq":7,"type":"security_event",…fields…,"prev":"64 hex","hash":"64 hex"}
//
// hash is the SHA-256 of the line's bytes before `,"hash"`, prev is the hash of the line before, 64 zeros in the first.
// seq begins with 1 and grows by one. Verify reads a trail and names each line that does not fit. The chain shows a change
// to whoever knows a later hash; that nobody rewrote the whole file is for signatures to show.
//
// # When the disk fails
//
// A group that cannot be written or synced is lost as a whole: every Commit in it returns an error, the file is cut back
// to the last durable line before anything else is written, and number and hash go back with it. Nothing of the group
// is tried again, since after a failed fsync nobody knows which pages are on disk. The next group tries afresh; the
// first that succeeds begins with a "recovered" event, which says how many records are missing.
//
// A crash leaves at most a torn last group. Open cuts it off and says so with "trail_repaired". After a crash, records
// whose Commit had not returned may stand in the trail or not.
//
// # When the file is taken away
//
// A file that was removed or renamed under the server still takes lines, but nobody finds them. So with each sync, and once
// a second where nothing happens, the writer looks whether the path still leads to its file. Where it does not, what waits
// is lost as with a failing disk: its Commits return an error, the old file is cut back to the last acknowledged line.
// The next group, or the next second, goes on by itself in a new file, whose first line is a security event,
// "trail_replaced". Its number and its prev continue the chain, and its detail names the last record and hash of the lost
// file: the old file with the new one behind it is one sound trail, and Verify of the new one alone says that it begins
// with a later record (Result.Before). Where another file stands at the path the trail fails until it is moved away; a file
// that is put back is written on.
//
// So rotation by other programs (logrotate) is not supported yet: "rename" and "create" refuse logins, until the new file
// continues or the created one is moved away, and "copytruncate" destroys lines, which Verify finds. A file that is removed
// while no server runs is not missed: Open begins a new trail.
//
// # Masking
//
// Passwords, shared secrets, API keys, mobile numbers and the e-mail addresses made from login names are in no event:
// the fields have no place for them, and those who fill in a Detail use words of their own, never text from a packet or
// from a server. A mobile shows its last two digits; Attempt masks it once more, whatever it is given. Text is quoted so
// that no byte of it can end a line, forge a member, or steer the terminal of the person who reads it.
package audit
