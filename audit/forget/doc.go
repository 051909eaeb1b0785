// Package forget replaces a person by a pseudonym in a trail, without breaking its chain.
//
// Each line that names the person is rewritten in its segment: the name becomes the pseudonym, and what else is personal becomes
// empty. Its prev and hash stay, so the lines around it fit as before; that its bytes no longer have its hash is accounted for by
// records of the trail that say what the bytes now are (audit.Forgotten). The salt that stood in the line goes too: without it
// nobody can try names until one has the hash.
//
// The order is what makes a crash harmless. The live file ends, so that only ended segments are rewritten; the records are on disk,
// and the file that holds them has ended with a signature, before the first segment changes; each segment changes in one step. A
// trail that was left between two steps is sound, and forgetting again does what is missing.
//
// Only a line that is as it was written is rewritten. A line that somebody changed stays as it is and is counted: to rewrite it
// would make the change good.
package forget
