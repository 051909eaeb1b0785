// Package audit says what happened: the event types, the field names that logs use too, masking, and the durable,
// hash-chained trail.
//
// An Event renders its own fields once; the log line and the trail's line are built from the same bytes, so they never
// tell two stories. A Trail numbers and chains the lines, writes them in groups and makes each group durable with one
// fsync. Commit returns when the event is on disk: no Access-Accept leaves before that. Post queues an event for the next
// group and returns at once: a Reject need not wait for the disk.
package audit
