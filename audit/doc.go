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
// seq begins with 1 and grows by one. Package chain reads a trail and names each line that does not fit. Lines of the types that may
// name a person have a last field "salt", random and not in the log, so that the hash of a line whose person was forgotten does not
// tell whether a guess of the name is right.
//
// # Checkpoints
//
// The chain shows a change to whoever knows a later hash. So the writer signs how far the trail has come, with the node's key (package
// checkpoint): a system event "checkpoint" covers the record right before it. There is one soon after the first record, then one
// each Options.CheckpointEvery while there are new records, one as the last line of each file and before Close returns, and one right
// behind the record that a segment goes. The last one that is on disk is kept in audit.head in the state directory, and its number and
// hash in the log. Where Open finds that the trail ends before that, or with another record, it records a security event
// "trail_truncated".
//
// # Segments
//
// The live file ends when it is larger than Options.SegmentSize, when the day changes in UTC, and on Rotate. It becomes a segment, named
// after its first and last record (package segment), and a new live file goes on: its first line, "segment_started", names the segment
// with its last hash, and is on disk before the file has its name. At each moment the path leads to one of the two. A crash leaves the
// old file there, perhaps under the segment's name too, which Open takes away, or the new one. A rotation that fails, for want of
// room say, is logged and tried again a minute later, and the trail goes on in the old file. Package keep compresses segments, and
// archives or removes them when they are old enough; the trail says so before it happens ("segment_archived", "segment_removed").
//
// # When the disk fails
//
// A group that cannot be written or synced is lost as a whole: every Commit in it returns an error, the file is cut back
// to the last durable line before anything else is written, and number and hash go back with it. Nothing of the group
// is tried again, since after a failed fsync nobody knows which pages are on disk. The next group tries afresh; the
// first that succeeds begins with a "recovered" event, which says how many records are missing and how long the disk failed.
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
// So no other program may rotate the file (logrotate): "rename" and "create" refuse logins, until the new file
// continues or the created one is moved away, and "copytruncate" destroys lines, which a verification finds. Where the file was
// removed while no server ran, Open goes on behind the newest segment, and without segments behind the last checkpoint, with a
// "trail_replaced" too; a trail of which neither is left begins anew.
//
// # Masking
//
// Passwords, shared secrets, API keys, mobile numbers and the e-mail addresses made from login names are in no event:
// the fields have no place for them, and those who fill in a Detail use words of their own, never text from a packet or
// from a server. A mobile shows its last two digits; Attempt masks it once more, whatever it is given. Text is quoted so
// that no byte of it can end a line, forge a member, or steer the terminal of the person who reads it.
package audit
