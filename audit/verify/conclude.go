package verify

import (
	"cmp"
	"fmt"
	"slices"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
)

// uncovered says why a record's word does not count yet.
const uncovered = "record %d says so, but no signature covers it: it was put in behind the last checkpoint, or the next one is still to come"

// counts reports that a record's word counts: it is covered by a signature or an anchor, or the trail has no signature.
func (j *judge) counts(record uint64) bool {
	return j.report.Signatures == 0 || record <= max(j.report.Covered, j.anchored)
}

// at is a line of a file that was read.
func (j *judge) at(r rewritten, record uint64) chain.Finding {
	return chain.Finding{File: j.paths[r.file], Line: r.line, Record: record}
}

// judgeRewritten: a line whose bytes do not have its hash was changed, unless a record that counts says what it is now.
func (j *judge) judgeRewritten() {
	lost := make([]spoken, 0, len(j.waiting))
	for record, line := range j.waiting {
		lost = append(lost, spoken{rewritten: line, record: record})
	}
	slices.SortFunc(lost, func(a, b spoken) int { return cmp.Compare(a.record, b.record) })
	for _, line := range lost {
		j.find(j.at(line.rewritten, line.record), "%s", chain.Changed(line.record))
	}
	for _, line := range j.spoken {
		if !j.counts(line.by) {
			j.report.Rewritten--
			j.find(j.at(line.rewritten, line.record), "changed: record %d is rewritten to forget a person; "+uncovered, line.record, line.by)
		}
	}
	if j.report.Rewritten > 0 && j.report.Signatures == 0 {
		j.note("%s rewritten to forget a person, and no signature vouches for the records that say so", many(j.report.Rewritten, "line was", "lines were"))
	}
	if j.back > 0 {
		j.note("%s as before, of a person who was forgotten: forgetting was interrupted, or an old copy put back; run audit forget again",
			many(j.back, "line is", "lines are"))
	}
	if j.over > 0 {
		j.note("more than %d lines are rewritten to forget people: %d of them were not compared with the records that say so", maxRewritten, j.over)
	}
}

// judgeGaps: records are missing before a file, unless records that count say that they were removed.
func (j *judge) judgeGaps() {
	for _, g := range j.gaps {
		missing := chain.Missing(g.from, g.to)
		top, found := g.removal(g.to)
		switch {
		case !found:
			j.find(g.at, "%s", missing)
		case !j.counts(top.by):
			j.find(g.at, "%s; "+uncovered, missing, top.by)
		case g.from > 1 && !j.accounted(g):
			j.find(g.at, "%s; record %d accounts only for %d to %d", missing, top.by, top.first, top.last)
		case top.archived && j.o.Archive != "":
			j.find(g.at, "%s: record %d says that they were archived, and they are not in %s", missing, top.by, j.o.Archive)
		case top.archived:
			j.report.Archived += g.to - g.from + 1
			j.note("records %d to %d are in the archive, which is not at hand, as record %d says", g.from, g.to, top.by)
		default:
			j.note("records %d to %d were removed when their time was over, as record %d says", g.from, g.to, top.by)
		}
	}
}

// removal is the last one that speaks of the segment ending with record last; a removal beats an earlier archiving.
func (g gap) removal(last uint64) (removal, bool) {
	for _, r := range slices.Backward(g.removals) {
		if r.last == last {
			return r, true
		}
	}
	return removal{}, false
}

// accounted reports that removals which count cover all of a gap between two files. The records of old removals before the trail's
// first file may be gone themselves: there the last one is enough, since segments are removed in order.
func (j *judge) accounted(g gap) bool {
	for last := g.to; last >= g.from; {
		r, found := g.removal(last)
		if !found || r.first > last || !j.counts(r.by) {
			return false
		}
		last = r.first - 1
	}
	return true
}

// judgeHead: the trail reaches as far as it did when its last checkpoint was made.
func (j *judge) judgeHead() {
	h, whole := j.o.Head, chain.Finding{File: j.o.Live}
	switch {
	case h == nil:
		j.note("no %s is at hand: lines cut off the end are missed by an anchor alone", checkpoint.HeadFile)
		return
	case h.Seq == 0:
		j.find(whole, "damaged: %s holds no checkpoint", checkpoint.HeadFile)
		return
	case !j.o.Key.Zero() && (h.Seq != h.Covers+1 || !j.o.Key.Verify(h.Covers, h.CoversHash, h.Signature)):
		j.find(whole, "forged: %s is not signed by the key", checkpoint.HeadFile)
	}
	if j.report.LastSeq < h.Seq {
		j.find(whole, "cut off: %s at the end", chain.Gone(j.report.LastSeq+1, h.Seq))
	}
}

// judgeAnchors: each was met.
func (j *judge) judgeAnchors() {
	for _, a := range j.o.Anchors {
		if !j.met[a] {
			j.find(chain.Finding{File: j.o.Live, Record: a.Seq}, "missing: record %d of the anchor is not in the chain", a.Seq)
		}
	}
}

// judgeSignatures says how far the signatures reach.
func (j *judge) judgeSignatures() {
	r := &j.report
	switch behind := r.LastSeq - min(r.LastSeq, j.signed); {
	case j.o.Key.Zero() && j.unchecked > 0:
		j.note("no public key is at hand: %s not checked", many(j.unchecked, "checkpoint was", "checkpoints were"))
	case j.o.Key.Zero():
		j.note("no public key is at hand, and no checkpoint: nothing shows that the trail was not written anew as a whole")
	case r.Signatures == 0 && j.o.Trusted:
		j.find(chain.Finding{File: j.o.Live}, "unsigned: there is no checkpoint of the key %s", r.Key)
	case r.Signatures == 0:
		j.note("there is no checkpoint: nothing shows that the trail was not written anew as a whole")
	case behind > 0:
		j.note("%s not yet covered by a signature", many(behind, "record is", "records are"))
	}
	if !j.o.Key.Zero() && !j.o.Trusted {
		j.note("the key lies beside the trail: whoever could write the one could write the other; keep %s elsewhere and name it", checkpoint.PublicFile)
	}
}

// many is a number with the words for one or for more.
func many[N int | uint64](n N, one, more string) string {
	if n == 1 {
		more = one
	}
	return fmt.Sprintf("%d %s", n, more)
}
