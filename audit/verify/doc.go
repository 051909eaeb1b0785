// Package verify judges a whole trail: all its files in order, the archive's too where they are at hand, the live one last.
//
// The chain (package chain) names lines that were changed, removed, moved or put in. What stands on top of it:
//
//   - A checkpoint covers the record right before it, and is signed by the key that the caller gives.
//   - The head says how far the trail had come: lines cut off the end are missed. Anchors, kept elsewhere, say so too.
//   - Each file holds the records that its name says, and goes on where the one before ends.
//   - Records that are missing before a file are accounted for only where a later record says that their segment was removed.
//   - A line that was rewritten to forget a person is what a later forget record says, byte by byte.
//
// The last two let something be missing or changed. Whoever can write the files but has no key could add such a record at the end,
// behind the last signature: so where the trail has signed checkpoints, it counts only once one of them covers it.
//
// Damage of one file is a finding, and reading goes on with the next. Memory is bounded: one line, a bounded number of findings, and
// for each rewritten line its number and digest.
package verify
