package verify

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/segment"
)

// linesOf are the lines of a plain file.
func (w *world) linesOf(path string) []string {
	lines := strings.SplitAfter(w.read(path), "\n")
	return lines[:len(lines)-1]
}

func (w *world) put(path string, lines ...string) { w.write(path, strings.Join(lines, "")) }

// change edits one line of a plain file.
func (w *world) change(path string, at int, from, to string) {
	l := w.linesOf(path)
	l[at] = strings.Replace(l[at], from, to, 1)
	w.put(path, l...)
}

const (
	second = ".000000000007-000000000012.gz"
	third  = ".000000000013-000000000018"
)

// forge makes a line with a hash to suit.
func forge(after string, e audit.Event) string {
	r, _ := chain.Parse([]byte(strings.TrimSuffix(after, "\n")))
	line, _ := chain.AppendLine(nil, epoch(), r.Seq+1, e.EventType(), e.AppendFields(nil), r.Hash)
	return string(line)
}

type tampering struct {
	tamper func(w *world)
	want   string
}

func judgeAll(t *testing.T, cases map[string]tampering) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.tamper(w)
			want := strings.NewReplacer("OWN", w.key.Public().Fingerprint(), "OTHER", w.other, "ARCHIVE", w.archive()).Replace(c.want)
			got := text(w.verify())
			if begin, some := strings.CutPrefix(want, "*"); some && strings.HasPrefix(got, begin) {
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTamperedLines: every kind of change in a line, in whichever file.
func TestTamperedLines(t *testing.T) {
	judgeAll(t, map[string]tampering{
		"changed in the live file": {
			func(w *world) { w.change(w.live(), 1, "alice", "mallory") },
			": line 2: changed: the hash of record 20 is not that of its bytes\n",
		},
		"changed in a segment": {
			func(w *world) { w.change(w.plain, 3, "accept", "reject") },
			third + ": line 4: changed: the hash of record 16 is not that of its bytes\n",
		},
		"changed, and its hash made to suit": {
			func(w *world) {
				l := w.linesOf(w.plain)
				l[3] = forge(l[2], audit.Attempt{User: "mallory"})
				w.put(w.plain, l...)
			},
			third + ": line 5: does not follow: the prev of record 17 is not the hash of the record before it; that one was changed or replaced, or this one was put in\n",
		},
		"removed": {
			func(w *world) { l := w.linesOf(w.plain); w.put(w.plain, slices.Delete(l, 2, 3)...) },
			third + ": line 3: removed before it, or put in: record 15 is missing\n",
		},
		"put in": {
			func(w *world) { l := w.linesOf(w.plain); w.put(w.plain, slices.Insert(l, 2, l[4])...) },
			third + ": line 3: removed before it, or put in: records 15 to 16 are missing\n" + third + ": line 4: moved or put in: record 15 stands behind record 17\n",
		},
		"swapped": {
			func(w *world) { l := w.linesOf(w.plain); l[2], l[3] = l[3], l[2]; w.put(w.plain, l...) },
			third + ": line 3: removed before it, or put in: record 15 is missing\n" + third + ": line 4: moved or put in: record 15 stands behind record 16\n",
		},
	})
}

// TestLinesOfAnotherFile: lines that stand in another file than they were written to, and ends that are missing.
func TestLinesOfAnotherFile(t *testing.T) {
	judgeAll(t, map[string]tampering{
		"moved from the end of a segment to the next file": {
			func(w *world) {
				a, b := w.linesOf(w.plain), w.linesOf(w.live())
				w.put(w.live(), append(a[5:], b...)...)
				w.put(w.plain, a[:5]...)
			},
			third + ": renamed, or lines were moved: it holds records 13 to 17, its name says 13 to 18\n" +
				": line 1: changed, or lines were moved: a file that goes on from another one begins with segment_started, this one does not\n" +
				": line 2: lines were moved: record 19 begins a file, and stands in its line 2\n",
		},
		"moved, with the segment's name to suit": {
			func(w *world) {
				a, b := w.linesOf(w.plain), w.linesOf(w.live())
				w.put(w.live(), append(a[5:], b...)...)
				w.put(segment.Name(w.live(), 13, 17), a[:5]...)
				w.remove(w.plain)
			},
			": line 1: changed, or lines were moved: a file that goes on from another one begins with segment_started, this one does not\n" +
				": line 2: lines were moved: record 19 begins a file, and stands in its line 2\n",
		},
		"moved to the segment before": {
			func(w *world) {
				a, b := w.linesOf(w.plain), w.linesOf(w.live())
				w.put(w.plain, append(a, b[0])...)
				w.put(w.live(), b[1:]...)
			},
			third + ": renamed, or lines were moved: it holds records 13 to 19, its name says 13 to 18\n" +
				third + ": line 7: lines were moved: record 19 begins a file, and stands in its line 7\n" +
				": line 1: changed, or lines were moved: a file that goes on from another one begins with segment_started, this one does not\n",
		},
		"the end of a segment is torn": {
			func(w *world) { text := w.read(w.plain); w.write(w.plain, text[:len(text)-9]) },
			third + ": renamed, or lines were moved: it holds records 13 to 17, its name says 13 to 18\n" +
				third + ": line 6: " + chain.Torn + "\n: line 1: removed before it, or put in: record 18 is missing\n",
		},
		"the end of the live file is torn": {
			func(w *world) { w.write(w.live(), w.read(w.live())+`{"time":"`) },
			": line 5: " + chain.Torn + "\n",
		},
		"no line at all in a segment": {
			func(w *world) { w.write(w.plain, "") },
			third + ": changed: it holds no records, its name says 13 to 18\n: line 1: removed before it, or put in: records 13 to 18 are missing\n",
		},
	})
}

// TestTamperedFiles: every kind of change of files as a whole.
func TestTamperedFiles(t *testing.T) {
	judgeAll(t, map[string]tampering{
		"the first segment is gone": {
			func(w *world) { w.remove(w.old) }, second + ": line 1: removed before it, or put in: records 1 to 6 are missing\n",
		},
		"one between is gone": {
			func(w *world) { w.remove(w.zipped) }, third + ": line 1: removed before it, or put in: records 7 to 12 are missing\n",
		},
		"the live file is gone": {
			func(w *world) { w.remove(w.live()) },
			": cut off: records 19 to 22 are missing at the end\nnote: there is no live file: the trail ends with a segment\n",
		},
		"swapped by an older copy": {
			func(w *world) { w.put(w.plain, w.linesOf(w.plain)[:4]...) },
			third + ": renamed, or lines were moved: it holds records 13 to 16, its name says 13 to 18\n" +
				": line 1: removed before it, or put in: records 17 to 18 are missing\n",
		},
		"named for another range": {
			func(w *world) { w.rename(w.plain, segment.Name(w.live(), 13, 17)) },
			".000000000013-000000000017: renamed, or lines were moved: it holds records 13 to 18, its name says 13 to 17\n",
		},
		"two that overlap": {
			func(w *world) { w.put(segment.Name(w.live(), 15, 16), w.linesOf(w.plain)[2:4]...) },
			".000000000015-000000000016: overlaps: by its name it begins with record 15, while the file before it ends with record 18\n" +
				".000000000015-000000000016: line 1: moved or put in: record 15 stands behind record 18\n" +
				".000000000015-000000000016: line 2: moved or put in: record 16 stands behind record 18\n",
		},
		"a damaged gzip": {
			func(w *world) {
				b := []byte(w.read(w.zipped))
				b[len(b)/2] ^= 0x55
				w.write(w.zipped, string(b))
			},
			"*" + second + ": damaged or cut off: it cannot be read to its end: ",
		},
		"a gzip that is cut": {
			func(w *world) { b := w.read(w.zipped); w.write(w.zipped, b[:len(b)-9]) },
			"*" + second + ": damaged or cut off: it cannot be read to its end: unexpected EOF\n",
		},
		"no gzip": {
			func(w *world) { w.write(w.zipped, "hello, this is text") },
			second + ": damaged: it cannot be opened: gzip: invalid header\n" + third + ": line 1: removed before it, or put in: records 7 to 12 are missing\n",
		},
		"a name that leads nowhere": {
			func(w *world) {
				w.remove(w.plain)
				_ = os.Symlink(filepath.Join(w.dir, "none"), w.plain)
			},
			third + ": damaged: it cannot be opened: no such file or directory\n: line 1: removed before it, or put in: records 13 to 18 are missing\n",
		},
		"more lines than the name says": {
			func(w *world) { w.write(w.plain, w.read(w.plain)+strings.Repeat("\n", 1<<17)) },
			"*" + third + ": damaged or cut off: it cannot be read to its end: " + errTooMany.Error() + "\n",
		},
	})
}

// TestTamperedEnds: what no chain shows, and head, anchors and signatures do.
func TestTamperedEnds(t *testing.T) {
	judgeAll(t, map[string]tampering{
		"cut off behind the last checkpoint but one": {
			func(w *world) { w.put(w.live(), w.linesOf(w.live())[:2]...) },
			": cut off: records 21 to 22 are missing at the end\nnote: 2 records are not yet covered by a signature\n",
		},
		"all cut off but the first segment": {
			func(w *world) { w.remove(w.live()); w.remove(w.plain); w.remove(w.zipped) },
			": cut off: records 7 to 22 are missing at the end\nnote: there is no live file: the trail ends with a segment\n",
		},
		"the last record replaced, with a hash to suit": {
			func(w *world) {
				l := w.linesOf(w.live())
				l[3] = forge(l[2], audit.System{Event: "stopped"})
				w.put(w.live(), l...)
			},
			": line 4: replaced: record 22 does not have the hash that audit.head says\nnote: 4 records are not yet covered by a signature\n",
		},
		"a head that nobody signed": {
			func(w *world) { w.head.Signature = "" }, ": forged: audit.head is not signed by the key\n",
		},
		"a head of another record": {
			func(w *world) { w.head.Covers, w.head.Seq = 20, 21 },
			": forged: audit.head is not signed by the key\n" +
				": line 2: replaced: record 20 does not have the hash that audit.head says\n" +
				": line 3: replaced: record 21 does not have the hash that audit.head says\n",
		},
		"a damaged head": {
			func(w *world) { w.head = checkpoint.Head{} }, ": damaged: audit.head holds no checkpoint\n",
		},
	})
}

// TestForgedSignatures: checkpoints that are none of the key's, or not of the record before.
func TestForgedSignatures(t *testing.T) {
	judgeAll(t, map[string]tampering{
		"a checkpoint of another key": {
			func(w *world) {
				other, err := checkpoint.OpenOrMake(w.t.TempDir())
				if err != nil {
					w.t.Fatal(err)
				}
				kept := w.head
				w.signWith(other)
				w.head = kept
				w.close()
				w.other = other.Public().Fingerprint()
			},
			": line 5: forged, or of another node: checkpoint 23 is of the key \"OTHER\", not of OWN\nnote: 1 record is not yet covered by a signature\n",
		},
		"a checkpoint that another key signed in this one's name": {
			func(w *world) {
				other, _ := checkpoint.OpenOrMake(w.t.TempDir())
				w.add(audit.Checkpoint{Key: w.key.Public().Fingerprint(), Covers: 22, Hash: string(w.prev[:]), Signature: other.Sign(22, string(w.prev[:]))}).close()
			},
			": line 5: forged: the signature of checkpoint 23 is not that of the key\nnote: 1 record is not yet covered by a signature\n",
		},
		"a checkpoint of a record further back": {
			func(w *world) {
				w.add(audit.Checkpoint{Key: w.head.Key, Covers: w.head.Covers, Hash: w.head.CoversHash, Signature: w.head.Signature}).close()
			},
			": line 5: changed: checkpoint 23 does not cover the record right before it\nnote: 1 record is not yet covered by a signature\n",
		},
		"a checkpoint that is none": {
			func(w *world) { w.write(w.live(), w.read(w.live())+oddCheckpoint(w)) },
			": line 5: changed: record 23 is no checkpoint\nnote: 1 record is not yet covered by a signature\n",
		},
		"an end that names another segment": {
			func(w *world) {
				w.add(audit.Segment{Event: audit.SegmentStarted, First: 19, Last: 7, Hash: string(w.prev[:])}).close()
			},
			": line 5: changed: record 23 names another end of the segment before it\nnote: 1 record is not yet covered by a signature\n",
		},
		"the whole trail written anew without a key": {
			func(w *world) {
				b := newBuilder(w.t)
				b.logins("mallory").close()
				for _, f := range []string{w.old, w.zipped, w.plain} {
					w.remove(f)
				}
				w.write(w.live(), b.read(b.live()))
			},
			": cut off: records 2 to 22 are missing at the end\n: unsigned: there is no checkpoint of the key OWN\n",
		},
	})
}

// oddCheckpoint is a record that calls itself a checkpoint.
func oddCheckpoint(w *world) string {
	line, _ := chain.AppendLine(nil, epoch(), w.seq+1, audit.SystemEvent, []byte(`"event":"checkpoint","covers":"x"`), w.prev)
	return string(line)
}

// TestABombIsGivenUp: a compressed segment that expands without end.
func TestABombIsGivenUp(t *testing.T) {
	w := newWorld(t)
	var bomb bytes.Buffer
	z, err := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 66 { // 66 MiB in 66 KiB, where 64 MiB and a little may be
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	w.write(w.zipped, bomb.String())
	if got := text(w.verify()); !strings.HasPrefix(got, second+": damaged or cut off: it cannot be read to its end: "+errTooLarge.Error()) {
		t.Error(got)
	}
}
