package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/segment"
)

// goOn looks beyond the live file: where the chain goes on if that is empty, and whether it has come as far as the last checkpoint
// says. It adds what it finds to the notices.
func goOn(path string, at position, notices []Event, opt Options) (position, []Event, error) {
	var head checkpoint.Head
	if opt.StateDir != "" {
		var err error
		if head, err = checkpoint.ReadHead(opt.StateDir); err != nil && (opt.HeadExpected || !errors.Is(err, fs.ErrNotExist)) {
			opt.Logger.WithError(err).Error("audit checkpoint cannot be read")
			notices = append(notices, Security{
				Event: "trail_head_unreadable", Detail: "whether records were cut off the trail's end cannot be seen: " + checkpoint.HeadFile + " is gone, or holds no checkpoint",
			})
		}
	}
	if head.Seq > 0 && !opt.Key.Zero() && head.Key != opt.Key.Public().Fingerprint() {
		notices = append(notices, Security{
			Event: "trail_key_changed", Detail: "another key signed the last checkpoint: " + head.Key + "; bring " + checkpoint.KeyFile + " back where it was lost, else verify what is older by the old audit.pub",
		})
	}
	lost := ""
	if at.seq == 0 {
		var err error
		if lost, err = behindSegments(path, &at); err != nil {
			return position{}, nil, err
		}
	}
	missing, err := replaced(path, at, head)
	if err != nil {
		return position{}, nil, err
	}
	if missing += truncated(head, at); missing != "" {
		notices = append(notices, Security{Event: "trail_truncated", Detail: missing})
	}
	if at.seq == 0 && head.Seq > 0 {
		lost = behindHead(head, &at)
	}
	if lost != "" { // the first line of the file, so that a reader of it alone knows that there was more
		notices = slices.Insert(notices, 0, Event(Security{Event: chain.ReplacedEvent, Detail: lost}))
	}
	return at, notices, nil
}

// behindSegments makes an empty live file go on behind the newest segment, and says so; it is silent where there is none.
func behindSegments(path string, at *position) (lost string, err error) {
	files, err := segment.List(path, "")
	if err != nil {
		return "", err
	}
	files = slices.DeleteFunc(files, segment.File.Live)
	if len(files) == 0 {
		return "", nil
	}
	newest := files[len(files)-1]
	last, err := newest.LastRecord()
	if err != nil {
		return "", fmt.Errorf("where the trail goes on cannot be read (put the live file back, or move all its segments away): %w", err)
	}
	at.seq, at.hash = last.Seq, last.Hash
	return fmt.Sprintf("the file after %s was removed or emptied while no server ran; that one ends with record %d, hash %s",
		filepath.Base(newest.Path), at.seq, at.hash[:]), nil
}

// behindHead is behindSegments where there are none: numbers that the lost files have are not given again.
func behindHead(head checkpoint.Head, at *position) (lost string) {
	at.seq = head.Seq
	copy(at.hash[:], head.Hash)
	return fmt.Sprintf("all files of the trail were removed or emptied while no server ran; the last checkpoint was record %d, hash %s",
		head.Seq, head.Hash)
}

// truncated says what is missing of a trail that was as far as the head and is now at another position; empty: nothing is. What a
// crash tears was never acknowledged, and a head is kept only of what was.
func truncated(head checkpoint.Head, at position) string {
	switch {
	case at.seq < head.Seq:
		return fmt.Sprintf("records %d to %d are missing: the last checkpoint was record %d, hash %s", at.seq+1, head.Seq, head.Seq, head.Hash)
	case at.seq == head.Seq && head.Seq > 0 && string(at.hash[:]) != head.Hash:
		return fmt.Sprintf("record %d is another than the last checkpoint, whose hash was %s: records before it were replaced", head.Seq, head.Hash)
	}
	return ""
}
