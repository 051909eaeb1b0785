// Package keep looks after the segments of a trail: it compresses those that have ended, and takes those away whose newest record is
// older than the retention, into the archive or for good. Before one goes, the trail says so, with the hash of its last record, so
// that the chain can still be followed.
//
// A hold keeps what an investigation needs: a segment with records of the held time stays, however old. Holds are files in
// state.directory/holds, one each; where one of them cannot be read, nothing goes.
package keep
