package verify

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/segment"
)

// rewrite makes one line of a plain file another person's, as forgetting does: prev and hash stay. It returns what a forget record says of it.
func (w *world) rewrite(path string, at int, user string) audit.ForgottenLine {
	l := w.linesOf(path)
	old := l[at]
	l[at] = strings.Replace(old, `"user":"`, `"user":"`+user, 1)
	w.put(path, l...)
	r, _ := chain.Parse([]byte(strings.TrimSuffix(old, "\n")))
	return audit.ForgottenLine{Seq: r.Seq, Digest: chain.DigestOf([]byte(strings.TrimSuffix(l[at], "\n")))}
}

func forgotten(lines ...audit.ForgottenLine) audit.Forgotten {
	return audit.Forgotten{Actor: "uid=0 pid=1", Pseudonym: "forgotten-0123456789abcdef", Lines: lines}
}

// ended is what a record says of a segment.
func (w *world) ended(first, last uint64, event string) audit.Segment {
	return audit.Segment{Event: event, File: filepath.Base(segment.Name(w.live(), first, last)), First: first, Last: last, Hash: w.hashes[last]}
}

const (
	changed16 = third + ": line 4: changed: the hash of record 16 is not that of its bytes\n"
	notYet    = ", but no signature covers it: it was put in behind the last checkpoint, or the next one is still to come\n"
)

// TestRewrittenLines: a line is accepted as it was rewritten, byte by byte, where a later record says so which a signature covers.
func TestRewrittenLines(t *testing.T) {
	judgeAll(t, map[string]tampering{
		"as recorded": {
			func(w *world) { w.add(forgotten(w.rewrite(w.plain, 3, "x"))).sign().close() }, "",
		},
		"two of a list": {
			func(w *world) {
				w.add(forgotten(w.rewrite(w.plain, 2, "x"), w.rewrite(w.plain, 3, "x"))).sign().close()
			}, "",
		},
		"nobody says so": {func(w *world) { w.rewrite(w.plain, 3, "x") }, changed16},
		"changed once more": {
			func(w *world) {
				w.add(forgotten(w.rewrite(w.plain, 3, "x"))).sign().close()
				w.rewrite(w.plain, 3, "y")
			}, changed16,
		},
		"another line's digest": {
			func(w *world) {
				l := w.rewrite(w.plain, 3, "x")
				l.Seq = 15
				w.add(forgotten(l)).sign().close()
			},
			changed16 + "note: 1 line is as before, of a person who was forgotten: forgetting was interrupted, or an old copy put back; run audit forget again\n",
		},
	})
}

// TestForgedForgetting: whoever has no key cannot have a change accepted.
func TestForgedForgetting(t *testing.T) {
	judgeAll(t, map[string]tampering{
		"forged: a record that says so is put in behind the last signature": {
			func(w *world) { w.add(forgotten(w.rewrite(w.plain, 3, "x"))).close() },
			third + ": line 4: changed: record 16 is rewritten to forget a person; record 23 says so" + notYet + "note: 1 record is not yet covered by a signature\n",
		},
		"forged: a record that says so takes another's place": {
			func(w *world) {
				l := w.linesOf(w.live())
				l[2] = forge(l[1], forgotten(w.rewrite(w.plain, 3, "x")))
				w.put(w.live(), l...)
			},
			changed16[:len(changed16)-len("changed: the hash of record 16 is not that of its bytes\n")] +
				"changed: record 16 is rewritten to forget a person; record 21 says so" + notYet +
				": line 3: replaced: record 21 does not have the hash that audit.head says\n" +
				": line 4: does not follow: the prev of record 22 is not the hash of the record before it; that one was changed or replaced, or this one was put in\n" +
				"note: 4 records are not yet covered by a signature\n",
		},
		"forged: a line that says so is changed": {
			func(w *world) {
				w.add(forgotten()).sign().close()
				l := w.rewrite(w.plain, 3, "x")
				w.change(w.live(), 4, `"lines":[]`, `"lines":[{"seq":16,"digest":"`+string(l.Digest[:])+`"}]`)
			},
			changed16 + ": line 5: changed: the hash of record 23 is not that of its bytes\n",
		},
		"a record that speaks of later lines": {
			func(w *world) {
				w.add(forgotten(audit.ForgottenLine{Seq: 99, Digest: chain.DigestOf(nil)})).sign().close()
				w.rewrite(w.live(), 2, "x")
			},
			": line 3: changed: the hash of record 21 is not that of its bytes\n",
		},
		"another type's member of that name": {
			func(w *world) {
				l := w.rewrite(w.plain, 3, "x")
				w.add(audit.Action{Action: "forget_", Target: string(l.Digest[:])}).sign().close()
			}, changed16,
		},
		"put back as it was": {
			func(w *world) {
				old := w.read(w.plain)
				w.add(forgotten(w.rewrite(w.plain, 3, "x"))).sign().close()
				w.write(w.plain, old)
			},
			"note: 1 line is as before, of a person who was forgotten: forgetting was interrupted, or an old copy put back; run audit forget again\n",
		},
	})
}

// TestRemovedSegments: what is missing is accounted for by a later record which a signature covers.
func TestRemovedSegments(t *testing.T) {
	const gone = second + ": line 1: removed before it, or put in: records 1 to 6 are missing"
	judgeAll(t, map[string]tampering{
		"removed as recorded": {
			func(w *world) { w.add(w.ended(1, 6, audit.SegmentRemoved)).sign().close(); w.remove(w.old) },
			"note: records 1 to 6 were removed when their time was over, as record 23 says\n",
		},
		"two, of which the record of the first is gone too": {
			func(w *world) {
				w.add(w.ended(7, 12, audit.SegmentRemoved)).sign().close()
				w.remove(w.old, w.zipped)
			},
			"note: records 1 to 12 were removed when their time was over, as record 23 says\n",
		},
		"still there": {
			func(w *world) { w.add(w.ended(1, 6, audit.SegmentRemoved)).sign().close() },
			"note: records 1 to 6 are still there, though record 23 says that their segment is removed\n",
		},
		"forged: behind the last signature": {
			func(w *world) { w.add(w.ended(1, 6, audit.SegmentRemoved)).close(); w.remove(w.old) },
			gone + "; record 23 says so" + notYet + "note: 1 record is not yet covered by a signature\n",
		},
		"more than recorded": {
			func(w *world) {
				w.add(w.ended(1, 6, audit.SegmentRemoved)).sign().close()
				w.remove(w.old, w.zipped)
			},
			third + ": line 1: removed before it, or put in: records 1 to 12 are missing\n",
		},
		"another hash": {
			func(w *world) {
				e := w.ended(1, 6, audit.SegmentRemoved)
				e.Hash = w.hashes[12]
				w.add(e).sign().close()
				w.remove(w.old)
			}, gone + "\n",
		},
		"between two segments, as recorded": {
			func(w *world) { w.add(w.ended(7, 12, audit.SegmentRemoved)).sign().close(); w.remove(w.zipped) },
			"note: records 7 to 12 were removed when their time was over, as record 23 says\n",
		},
		"between two segments, more than recorded": {
			func(w *world) {
				w.add(w.ended(13, 18, audit.SegmentRemoved)).sign().close()
				w.remove(w.zipped, w.plain)
			},
			": line 1: removed before it, or put in: records 7 to 18 are missing; record 23 accounts only for 13 to 18\n",
		},
		"archived, and not there": {
			func(w *world) { w.add(w.ended(1, 6, audit.SegmentArchived)).sign().close(); w.remove(w.old) },
			gone + ": record 23 says that they were archived, and they are not in ARCHIVE\n",
		},
	})
	w := newWorld(t)
	w.add(w.ended(1, 6, audit.SegmentArchived)).sign().close()
	got := text(w.verify(func(o *Options) { o.Archive = "" }))
	if diff := cmp.Diff("note: records 1 to 6 are in the archive, which is not at hand, as record 23 says\n", got); diff != "" {
		t.Error(diff)
	}
}

func TestAnchors(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		anchor Anchor
		want   string
	}{
		"in a segment":    {Anchor{12, w.hashes[12]}, ""},
		"of another hash": {Anchor{18, w.hashes[12]}, third + ": line 6: replaced: record 18 does not have the hash of the anchor\n"},
		"behind the end":  {Anchor{23, w.hashes[12]}, ": missing: record 23 of the anchor is not in the chain\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := text(w.verify(func(o *Options) { o.Anchors = []Anchor{c.anchor} }))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if a, err := ParseAnchor("12:" + w.hashes[12]); err != nil || a != (Anchor{12, w.hashes[12]}) {
		t.Error(a, err)
	}
	for _, bad := range []string{"", "12", ":" + w.hashes[12], "0:" + w.hashes[12], "-1:" + w.hashes[12], "12:" + strings.ToUpper(w.hashes[12]), "12:ab", "12:" + w.hashes[12] + "0"} {
		if _, err := ParseAnchor(bad); err == nil {
			t.Errorf("%q is an anchor", bad)
		}
	}
}

// TestAnAnchorVouches: a record before an anchor needs no signature, and one behind it does where there is one.
func TestAnAnchorVouches(t *testing.T) {
	w := newWorld(t)
	w.add(forgotten(w.rewrite(w.plain, 3, "x"))).close()
	last := Anchor{23, string(w.prev[:])}
	if got := text(w.verify(func(o *Options) { o.Anchors = []Anchor{last} })); got != "note: 1 record is not yet covered by a signature\n" {
		t.Error(got)
	}
}

// TestWhatIsNotAtHand is said.
func TestWhatIsNotAtHand(t *testing.T) {
	for name, c := range map[string]struct {
		with func(*Options)
		want string
	}{
		"no key":           {func(o *Options) { o.Key, o.Trusted = checkpoint.Public{}, false }, "note: no public key is at hand: 5 checkpoints were not checked\n"},
		"no head":          {func(o *Options) { o.Head = nil }, "note: no audit.head is at hand: lines cut off the end are missed by an anchor alone\n"},
		"a key beside it":  {func(o *Options) { o.Trusted = false }, "note: the key lies beside the trail: whoever could write the one could write the other; keep audit.pub elsewhere and name it\n"},
		"a running server": {func(o *Options) { o.Writing = true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if name == "a running server" {
				w.write(w.live(), w.read(w.live())+`{"time":"`)
			}
			r := w.verify(c.with)
			if diff := cmp.Diff(c.want, text(r)); diff != "" || !r.Sound() {
				t.Error(diff)
			}
		})
	}
}

// TestATrailWithoutCheckpoints is sound, and what that means is said; a record's word counts for as much as the chain does.
func TestATrailWithoutCheckpoints(t *testing.T) {
	w := &world{builder: newBuilder(t)}
	w.logins("alice", "bob").close()
	w.add(forgotten(w.rewrite(w.live(), 1, "x")))
	l := w.linesOf(w.live())
	w.put(w.live(), append(l, w.lines[2])...)
	got := text(w.verify(func(o *Options) { o.Trusted, o.Head = false, nil }))
	want := "note: 1 line was rewritten to forget a person, and no signature vouches for the records that say so\n" +
		"note: no audit.head is at hand: lines cut off the end are missed by an anchor alone\n" +
		"note: there is no checkpoint: nothing shows that the trail was not written anew as a whole\n" +
		"note: the key lies beside the trail: whoever could write the one could write the other; keep audit.pub elsewhere and name it\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestATrailThatWasTakenAway goes on in a new file; what is missing between two files is a finding.
func TestATrailThatWasTakenAway(t *testing.T) {
	w := &world{builder: newBuilder(t)}
	w.logins("alice").rotate()
	w.logins("bob") // in the file that is taken away
	w.lines = nil
	w.add(audit.Security{Event: chain.ReplacedEvent}).sign().close()
	if got := text(w.verify()); got != ": line 1: removed before it, or put in: records 3 to 4 are missing\n" {
		t.Error(got)
	}
	w.remove(segment.Name(w.live(), 1, 2))
	if r := w.verify(); !r.Sound() || r.Before.Seq != 4 || len(r.Notes) != 0 {
		t.Errorf("%+v", r)
	}
}
