package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/segment"
)

// Bounds of what is kept; the rest is counted.
const (
	maxFindings  = 10000
	maxRewritten = 1 << 20
	maxNotes     = 100
)

// Options say what is verified, and by what. The zero Key checks no signature.
type Options struct {
	Live    string            // the path of the live file; its segments are beside it
	Archive string            // directory of older segments; empty: not at hand
	Key     checkpoint.Public //
	Trusted bool              // the key comes from elsewhere than the trail: then there must be a checkpoint of it
	Head    *checkpoint.Head  // nil: not at hand; the zero Head: its file holds none
	Anchors []Anchor          // each must be in the chain
	Writing bool              // a server is writing: a live file's last line without its end is no finding
}

// Anchor is a record that was noted elsewhere.
type Anchor struct {
	Seq  uint64
	Hash string
}

// ParseAnchor reads SEQ:HASH.
func ParseAnchor(text string) (Anchor, error) {
	number, hash, _ := strings.Cut(text, ":")
	seq, err := strconv.ParseUint(number, 10, 63)
	if err != nil || seq == 0 || !isDigest(hash) {
		return Anchor{}, errors.New("an anchor is SEQ:HASH, the number of a record and its hash of 64 lowercase hex digits")
	}
	return Anchor{seq, hash}, nil
}

func isDigest(text string) bool {
	return len(text) == len(chain.Digest{}) && strings.Trim(text, "0123456789abcdef") == ""
}

// Report is what was found. It holds nothing of the trail's content but numbers, hashes, file names and fingerprints.
type Report struct {
	Files      int // that were read
	Lines      int // in them
	LastSeq    uint64
	LastHash   string
	Before     chain.Before    // as in chain.Result: the trail continues a file that was taken away
	Findings   []chain.Finding // in the order of the files; those about the trail as a whole are the last
	Omitted    int             // findings that are not kept
	Notes      []string        // what is no finding, but should be known
	Key        string          // fingerprint; empty: no signature was checked
	Signatures int             // valid checkpoints
	Covered    uint64          // the last record that a valid checkpoint covers; 0: none
	Open       time.Time       // of the first record behind that checkpoint; zero: there is none
	Archived   uint64          // records that are in the archive, which is not at hand
	Rewritten  int             // lines that were rewritten to forget a person, each as it is recorded
}

// Sound reports that nothing is wrong.
func (r Report) Sound() bool { return len(r.Findings) == 0 }

// Trail verifies a trail. The error says that there is none, or is that of ctx.
func Trail(ctx context.Context, o Options) (Report, error) {
	m, err := segment.Now(o.Live, o.Archive)
	if err != nil {
		return Report{}, err
	}
	defer m.Close()
	files := m.Ended
	if m.Live != nil {
		files = append(files, segment.File{Path: m.Live.Name()})
	}
	j := newJudge(o, files)
	for i, f := range files {
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		j.file(ctx, m, f, i)
	}
	if err := ctx.Err(); err != nil {
		return Report{}, err
	}
	if m.Live == nil {
		j.note("there is no live file: the trail ends with a segment")
	}
	return j.conclude(), nil
}

// judge hears of each record and knows what it has to look like.
type judge struct {
	o       Options
	order   map[string]int // of the files
	paths   []string
	ranges  map[segment.File]bool
	several bool // the trail has more than one file
	chain   *chain.Verifier
	report  Report

	index     int                  // of the file that is read
	ended     segment.File         // the file before it, by its name
	gaps      []gap                //
	waiting   map[uint64]rewritten // rewritten lines that no record speaks of yet
	spoken    []spoken             // those that one speaks of, which no signature covers yet
	over      int                  // rewritten lines beyond the bound
	signed    uint64               // the last valid checkpoint's own number
	unchecked int                  // checkpoints, since there is no key
	met       map[Anchor]bool
	anchored  uint64 // the last anchor that was met, with its hash
	back      int    // lines that a record says were rewritten, and that are as they were
}

// gap is what is missing before a file.
type gap struct {
	at       chain.Finding
	from, to uint64
	hash     string // of the last one
	removals []removal
}

// rewritten is a line whose bytes do not have its hash.
type rewritten struct {
	file   int
	line   int
	digest chain.Digest
}

// spoken is a rewritten line of which record by speaks.
type spoken struct {
	rewritten

	record, by uint64
}

func newJudge(o Options, files []segment.File) *judge {
	j := &judge{
		o: o, several: len(files) > 1, order: map[string]int{}, ranges: map[segment.File]bool{},
		waiting: map[uint64]rewritten{}, met: map[Anchor]bool{},
	}
	for i, f := range files {
		j.order[f.Path] = i
		j.paths = append(j.paths, f.Path)
		j.ranges[segment.File{First: f.First, Last: f.Last}] = true
	}
	j.chain = chain.NewVerifier(j)
	j.report.Key = o.Key.Fingerprint()
	return j
}

// find keeps a finding.
func (j *judge) find(at chain.Finding, format string, args ...any) {
	if len(j.report.Findings) >= maxFindings {
		j.report.Omitted++
		return
	}
	at.Problem = fmt.Sprintf(format, args...)
	j.report.Findings = append(j.report.Findings, at)
}

func (j *judge) note(format string, args ...any) {
	if len(j.report.Notes) < maxNotes {
		j.report.Notes = append(j.report.Notes, fmt.Sprintf(format, args...))
	}
}

// conclude judges what needs the whole trail, and puts the findings in order.
func (j *judge) conclude() Report {
	result := j.chain.Result()
	r := &j.report
	r.Lines, r.LastSeq, r.LastHash, r.Before = result.Lines, result.LastSeq, result.LastHash, result.Before
	j.judgeRewritten()
	j.judgeGaps()
	j.judgeHead()
	j.judgeAnchors()
	j.judgeSignatures()
	r.Findings = append(r.Findings, result.Findings...)
	r.Omitted += result.Omitted
	slices.SortStableFunc(r.Findings, func(a, b chain.Finding) int {
		return cmp.Or(cmp.Compare(j.place(a), j.place(b)), cmp.Compare(a.Line, b.Line))
	})
	if over := len(r.Findings) - maxFindings; over > 0 {
		r.Findings, r.Omitted = r.Findings[:maxFindings], r.Omitted+over
	}
	return *r
}

// place is where a finding's file stands in the trail; one that is not there stands at its end.
func (j *judge) place(f chain.Finding) int {
	if i, ok := j.order[f.File]; ok {
		return i
	}
	return len(j.order)
}
