package verify

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/segment"
)

// removal is a record which says that a segment was removed or archived.
type removal struct {
	by          uint64
	first, last uint64
	archived    bool
}

// words are the members of the records that are more to verify.
type words struct {
	Covers     uint64 `json:"covers"` // of a checkpoint
	CoversHash string `json:"covers_hash"`
	Key        string `json:"key"`
	Signature  string `json:"signature"`

	File     string `json:"file"` // of a segment
	First    uint64 `json:"first"`
	Last     uint64 `json:"last"`
	LastHash string `json:"last_hash"`

	Lines []struct { // of a forget record
		Seq    uint64 `json:"seq"`
		Digest string `json:"digest"`
	} `json:"lines"`
}

// Fits implements chain.Watcher.
func (j *judge) Fits(at chain.Finding, r chain.Record, line []byte) {
	j.reached(at, r)
	j.alarmed(r, line)
	event := eventOf(r, line)
	if at.Line == 1 && j.index > 0 && event != audit.SegmentStarted && !r.Replaced() {
		j.find(at, "changed, or lines were moved: a file that goes on from another one begins with %s, this one does not", audit.SegmentStarted)
	}
	if event == "" {
		return
	}
	var w words
	if err := json.Unmarshal(line, &w); err != nil {
		j.find(at, "changed: record %d is no %s", r.Seq, event)
		return
	}
	switch event {
	case audit.CheckpointEvent:
		j.checkpoint(at, r, w)
	case audit.SegmentStarted:
		j.started(at, r, w)
	case audit.SegmentArchived, audit.SegmentRemoved:
		j.removed(r, w, event)
	case audit.ForgetAction:
		j.forgotten(r, w)
	}
}

// alarmed notes what a server found at its start: the chain and the signatures behind it are sound, whatever stood there before.
func (j *judge) alarmed(r chain.Record, line []byte) {
	if r.Type != chain.SecurityEvent.String() {
		return
	}
	_, rest, _ := bytes.Cut(line, []byte(`,"type":"`+r.Type+`","event":"`))
	for _, word := range []string{"trail_truncated", "trail_broken", "trail_head_unreadable"} {
		if bytes.HasPrefix(rest, []byte(word+`",`)) {
			j.note("record %d is %s: records before it may have been cut off or replaced while no server ran; compare with an anchor that was kept elsewhere", r.Seq, word)
		}
	}
}

// Rewritten implements chain.Watcher.
func (j *judge) Rewritten(at chain.Finding, r chain.Record, line []byte) {
	j.reached(at, r)
	if len(j.waiting)+len(j.spoken) >= maxRewritten {
		j.over++
		j.find(at, "%s", chain.Changed(r.Seq))
		return
	}
	j.waiting[r.Seq] = rewritten{file: j.index, line: at.Line, digest: chain.DigestOf(line)}
}

// Gap implements chain.Watcher.
func (j *judge) Gap(at chain.Finding, from uint64, r chain.Record) {
	j.gaps = append(j.gaps, gap{at: at, from: from, to: r.Seq - 1, hash: string(r.Prev[:])})
}

// reached compares a record of the chain with what is known of it from elsewhere.
func (j *judge) reached(at chain.Finding, r chain.Record) {
	if j.report.Open.IsZero() {
		j.report.Open = r.Time
	}
	hash := string(r.Hash[:])
	for _, a := range j.o.Anchors {
		if a.Seq != r.Seq {
			continue
		}
		j.met[a] = true
		if a.Hash != hash {
			j.find(at, "replaced: record %d does not have the hash of the anchor", r.Seq)
			continue
		}
		j.anchored = r.Seq
	}
	if h := j.o.Head; h != nil && (r.Seq == h.Seq && hash != h.Hash || r.Seq == h.Covers && hash != h.CoversHash) {
		j.find(at, "replaced: record %d does not have the hash that %s says", r.Seq, checkpoint.HeadFile)
	}
}

// checkpoint judges a signature.
func (j *judge) checkpoint(at chain.Finding, r chain.Record, w words) {
	switch {
	case w.Covers != r.Seq-1 || w.CoversHash != string(r.Prev[:]):
		j.find(at, "changed: checkpoint %d does not cover the record right before it", r.Seq)
	case j.o.Key.Zero():
		j.unchecked++
	case w.Key != j.o.Key.Fingerprint():
		j.find(at, "forged, or of another node: checkpoint %d is of the key %.40q, not of %s", r.Seq, w.Key, j.o.Key.Fingerprint())
	case !j.o.Key.Verify(w.Covers, w.CoversHash, w.Signature):
		j.find(at, "forged: the signature of checkpoint %d is not that of the key", r.Seq)
	default:
		j.report.Signatures++
		j.report.Covered, j.report.Open, j.signed = w.Covers, time.Time{}, r.Seq
		j.spoken = slices.DeleteFunc(j.spoken, func(s spoken) bool { return s.by <= w.Covers })
	}
}

// started judges what a new file says of the part before it.
func (j *judge) started(at chain.Finding, r chain.Record, w words) {
	name := filepath.Base(segment.Name(j.o.Live, w.First, w.Last))
	switch {
	case w.Last != r.Seq-1 || w.LastHash != string(r.Prev[:]) || w.First > w.Last || w.First == 0:
		j.find(at, "changed: record %d names another end of the segment before it", r.Seq)
	case !j.several:
	case at.Line > 1:
		j.find(at, "lines were moved: record %d begins a file, and stands in its line %d", r.Seq, at.Line)
	case j.index > 0 && w.Last == j.ended.Last && w.First != j.ended.First:
		j.find(at, "renamed, or lines were moved: the segment before is %s by record %d", name, r.Seq)
	}
}

// removed notes why records may be missing.
func (j *judge) removed(r chain.Record, w words, event string) {
	archived := event == audit.SegmentArchived
	there := j.ranges[segment.File{First: w.First, Last: w.Last}]
	if there && !archived {
		j.note("records %d to %d are still there, though record %d says that their segment is removed", w.First, w.Last, r.Seq)
	}
	for i, g := range j.gaps {
		if w.First <= g.to && w.Last >= g.from && w.Last < r.Seq && (w.Last != g.to || w.LastHash == g.hash) {
			j.gaps[i].removals = append(g.removals, removal{by: r.Seq, first: w.First, last: w.Last, archived: archived})
		}
	}
}

// forgotten takes a record's word for lines that were rewritten before it.
func (j *judge) forgotten(r chain.Record, w words) {
	for _, l := range w.Lines {
		line, ok := j.waiting[l.Seq]
		if !ok && l.Seq < r.Seq && !j.missing(l.Seq) {
			j.back++
		}
		if !ok || l.Seq >= r.Seq || l.Digest != string(line.digest[:]) {
			continue
		}
		delete(j.waiting, l.Seq)
		j.report.Rewritten++
		j.spoken = append(j.spoken, spoken{rewritten: line, record: l.Seq, by: r.Seq})
	}
}

// eventOf is the word of a record that is more to verify; empty of every other. It stands right behind the line's type.
func eventOf(r chain.Record, line []byte) string {
	member, all := "", []string(nil)
	switch r.Type {
	case chain.UserAction.String():
		member, all = `","action":"`, []string{audit.ForgetAction}
	case chain.SystemEvent.String():
		member, all = `","event":"`, []string{audit.CheckpointEvent, audit.SegmentStarted, audit.SegmentArchived, audit.SegmentRemoved}
	default:
		return ""
	}
	_, rest, _ := bytes.Cut(line, []byte(`,"type":"`+r.Type+member)) // the first: what stands before it has a fixed form
	for _, word := range all {
		if bytes.HasPrefix(rest, []byte(word+`",`)) {
			return word
		}
	}
	return ""
}

// missing reports a record that lies in a gap.
func (j *judge) missing(record uint64) bool {
	return slices.ContainsFunc(j.gaps, func(g gap) bool { return record >= g.from && record <= g.to })
}
