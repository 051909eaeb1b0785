// Package segment names and finds the files of a trail. The trail that is being written is one file, the live one; parts of it that
// have ended are segments beside it, named after it and their first and last records, compressed a moment later. Segments older
// than the retention may lie in an archive directory under the same names.
package segment
