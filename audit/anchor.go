package audit

import (
	"fmt"

	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/segment"
)

// replaced says that the last checkpoint is not in a trail that goes beyond it; empty: it is. Whoever wrote the trail anew while no
// server ran has no key, but the next checkpoint would vouch for it, and the head would forget the one before. What stands before the
// checkpoint's line is bound by its hash, and is for verify to see.
func replaced(path string, at position, head checkpoint.Head) (string, error) {
	if head.Seq == 0 || at.seq <= head.Seq {
		return "", nil
	}
	f := segment.File{Path: path}
	if head.Seq < at.first {
		files, err := segment.List(path, "")
		if err != nil {
			return "", err
		}
		for _, ended := range files {
			if ended.First <= head.Seq && head.Seq <= ended.Last {
				f = ended
			}
		}
	}
	if head.In(f) {
		return "", nil
	}
	return fmt.Sprintf("record %d, the last checkpoint, whose hash was %s, is not in the trail: records were replaced", head.Seq, head.Hash), nil
}
