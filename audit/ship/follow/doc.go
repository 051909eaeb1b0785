// Package follow reads a trail's lines from a record on, as they become durable, over all its files: segments, compressed ones too,
// and the live file, which may be rotated, compressed or moved to the archive meanwhile. It asks nothing of the writer.
package follow
