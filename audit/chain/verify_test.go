package chain

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func epoch() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// linesOf makes lines that follow a record.
func linesOf(after Record, users ...string) []string {
	lines := make([]string, len(users))
	for i, user := range users {
		after.Seq++
		fields := []byte(`"user":"` + user + `","rule":""`)
		line, hash := AppendLine(nil, epoch(), after.Seq, AuthenticationAttempt, fields, after.Hash)
		lines[i], after.Hash = string(line), hash
	}
	return lines
}

// eight is a sound trail, a line each.
func eight() []string {
	return linesOf(Record{Hash: Genesis()}, "1", "2", "3", "4", "5", "6", "7", "8")
}

// recordOf is the record of a sound line.
func recordOf(line string) Record {
	r, _ := Parse([]byte(strings.TrimSuffix(line, "\n")))
	return r
}

func findings(t *testing.T, lines []string) string {
	t.Helper()
	result, err := Verify(strings.NewReader(strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	words := make([]string, len(result.Findings))
	for i, f := range result.Findings {
		words[i] = f.String()
	}
	return strings.Join(words, "\n")
}

const replaced = "does not follow: the prev of record %d is not the hash of the record before it; " +
	"that one was changed or replaced, or this one was put in"

type trail = []string

// tampering is what was done to eight lines, and what Verify says of it.
type tampering struct {
	tamper func(l trail) trail
	want   string
}

func edit(line, from, to string) string { return strings.Replace(line, from, to, 1) }

func TestVerifyNamesChangedLines(t *testing.T) {
	findAll(t, map[string]tampering{
		"nothing": {func(l trail) trail { return l }, ""},
		"a field is changed": {
			func(l trail) trail { l[3] = edit(l[3], `"user":"4"`, `"user":"x"`); return l },
			"line 4: changed: the hash of record 4 is not that of its bytes",
		},
		"the hash is changed": {
			func(l trail) trail { l[3] = edit(l[3], `"hash":"`, `"hash":"0`)[:len(l[3])-3] + "\"}\n"; return l },
			"line 4: changed: the hash of record 4 is not that of its bytes\nline 5: " + fmt.Sprintf(replaced, 5),
		},
		"a field is changed, and its hash made to suit": {
			func(l trail) trail { l[3] = linesOf(recordOf(l[2]), "x")[0]; return l },
			"line 5: " + fmt.Sprintf(replaced, 5),
		},
		"the number is changed": {
			func(l trail) trail { l[3] = edit(l[3], `"seq":4`, `"seq":4000000000`); return l },
			"line 4: changed: the hash of record 4000000000 is not that of its bytes",
		},
		"the number is changed, and the hash made to suit": {
			func(l trail) trail { l[3] = linesOf(Record{Seq: 99, Hash: recordOf(l[2]).Hash}, "4")[0]; return l },
			"line 4: changed: record 100 stands where record 4 belongs\nline 5: " + fmt.Sprintf(replaced, 5),
		},
		"a space is put in":       {func(l trail) trail { l[3] = edit(l[3], `,"type"`, `, "type"`); return l }, notRecord(errSeq)},
		"the time is changed":     {func(l trail) trail { l[3] = edit(l[3], "00Z", "00+00:00"); return l }, notRecord(errTime)},
		"the type is changed":     {func(l trail) trail { l[3] = edit(l[3], `"type":"auth`, `"type":"Auth`); return l }, notRecord(errType)},
		"a number begins with 0":  {func(l trail) trail { l[3] = edit(l[3], `"seq":4`, `"seq":04`); return l }, notRecord(errSeq)},
		"the JSON is broken":      {func(l trail) trail { l[3] = edit(l[3], `"rule":""`, `"rule":`); return l }, notRecord(errJSON)},
		"hash is not the last":    {func(l trail) trail { l[3] = edit(l[3], `"}`+"\n", `","a":"1"}`+"\n"); return l }, notRecord(errEnd)},
		"text is put in":          {func(l trail) trail { return insert(l, 3, "hello\n") }, notRecord(errNoRecord)},
		"an empty line is put in": {func(l trail) trail { return insert(l, 3, "\n") }, notRecord(errNoRecord)},
		"a line becomes text":     {func(l trail) trail { l[3] = "{}\n"; return l }, notRecord(errNoRecord)},
		"a long line is put in": {
			func(l trail) trail { return insert(l, 3, strings.Repeat("x", 3*MaxLine)+"\n") },
			fmt.Sprintf("line 4: changed or put in: it is longer than the %d bytes that a record may have", MaxLine),
		},
	})
}

func TestVerifyNamesRemovedMovedAndInsertedLines(t *testing.T) {
	findAll(t, map[string]tampering{
		"a line is removed":   {func(l trail) trail { return append(l[:3:3], l[4:]...) }, "line 4: removed before it, or put in: record 4 is missing"},
		"three are removed":   {func(l trail) trail { return append(l[:3:3], l[6:]...) }, "line 4: removed before it, or put in: records 4 to 6 are missing"},
		"the first is gone":   {func(l trail) trail { return l[1:] }, "line 1: removed before it, or put in: record 1 is missing"},
		"the first is forged": {func(l trail) trail { l[0] = linesOf(Record{Hash: DigestOf(nil)}, "1")[0]; return l }, forgedFirst},
		"two are swapped": {
			func(l trail) trail { l[3], l[4] = l[4], l[3]; return l },
			"line 4: removed before it, or put in: record 4 is missing\nline 5: moved or put in: record 4 stands behind record 5",
		},
		"a line is copied":   {func(l trail) trail { return insert(l, 6, l[2]) }, "line 7: moved or put in: record 3 stands behind record 6"},
		"a line is doubled":  {func(l trail) trail { return insert(l, 3, l[2]) }, "line 4: moved or put in: record 3 stands behind record 3"},
		"a line jumps ahead": {func(l trail) trail { return insert(l, 3, linesOf(Record{Seq: 99, Hash: DigestOf(nil)}, "x")[0]) }, jumped},
		"a line is put in with number and hash to suit": {
			func(l trail) trail { return insert(l, 3, linesOf(recordOf(l[2]), "x")[0]) },
			"line 5: moved or put in: record 4 stands behind record 4\nline 6: " + fmt.Sprintf(replaced, 5),
		},
		"the last is torn": {
			func(l trail) trail { l[7] = l[7][:len(l[7])-1]; return l },
			"line 8: torn: it has no end (cut off by a crash, or being written right now)",
		},
	})
}

func findAll(t *testing.T, cases map[string]tampering) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, findings(t, c.tamper(eight()))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const jumped = "line 4: removed before it, or put in: records 4 to 99 are missing\n" +
	"line 5: moved or put in: record 4 stands behind record 100"

const forgedFirst = "line 1: changed: the prev of the first record is not 64 zeros\n" +
	"line 2: does not follow: the prev of record 2 is not the hash of the record before it; " +
	"that one was changed or replaced, or this one was put in"

func notRecord(err error) string {
	return fmt.Sprintf("line 4: changed or put in: it %v", err)
}

func insert(lines []string, at int, line string) []string {
	return append(append(append([]string(nil), lines[:at]...), line), lines[at:]...)
}

func TestVerifyOfASoundTrail(t *testing.T) {
	lines := eight()
	result, err := Verify(iotest.OneByteReader(strings.NewReader(strings.Join(lines, ""))))
	want := Result{Lines: 8, LastSeq: 8, LastHash: string(hashOf(lines[7]))}
	if diff := cmp.Diff(want, result); diff != "" || err != nil {
		t.Error(err, diff)
	}
	result, err = Verify(strings.NewReader(""))
	if diff := cmp.Diff(Result{}, result); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func hashOf(line string) []byte {
	r := recordOf(line)
	return r.Hash[:]
}

func TestVerifyGivesTheReadersError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Verify(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	long := iotest.TimeoutReader(strings.NewReader(strings.Repeat("x", 3*MaxLine)))
	if _, err := Verify(long); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("in a long line: %v", err)
	}
}

func TestVerifyKeepsABoundedNumberOfFindings(t *testing.T) {
	result, err := Verify(strings.NewReader(strings.Repeat("x\n", maxFindings+7)))
	if err != nil || len(result.Findings) != maxFindings || result.Omitted != 7 || result.Sound() {
		t.Errorf("%v, %d findings, %d omitted", err, len(result.Findings), result.Omitted)
	}
}

// TestEveryFlippedBitIsFound: whatever octet of a trail is changed, Verify says so.
func TestEveryFlippedBitIsFound(t *testing.T) {
	content := []byte(strings.Join(eight(), ""))
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(content)-1).Draw(t, "at")
		changed := bytes.Clone(content)
		changed[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		result, err := Verify(bytes.NewReader(changed))
		if err != nil || result.Sound() {
			t.Fatalf("octet %d: %v", at, err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	lines := eight()
	f.Add([]byte(strings.Join(lines, "")))
	f.Add([]byte(strings.Join(lines[2:4], "")))
	f.Add([]byte(lines[1] + lines[0] + "x\n" + lines[2][:100]))
	f.Add([]byte("\x00\n\n{}"))
	replaced, _ := AppendLine(nil, epoch(), 7, SecurityEvent, []byte(`"event":"`+ReplacedEvent+`","detail":""`), DigestOf(nil))
	f.Add(replaced)
	f.Fuzz(func(t *testing.T, content []byte) {
		result, err := Verify(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		whole := bytes.Count(content, []byte("\n"))
		if result.Lines < whole || result.Lines > whole+1 {
			t.Fatalf("%d lines of %d", result.Lines, whole)
		}
		if result.Sound() && result.LastSeq-result.Before.Seq != uint64(result.Lines) { //nolint:gosec // no more than the input has
			t.Fatalf("sound, but %d lines from record %d end with record %d", result.Lines, result.Before.Seq, result.LastSeq)
		}
	})
}

// TestVerifyOfAFileThatDoesNotBeginTheTrail: only an unchanged "trail_replaced" in the first line may have a later number.
func TestVerifyOfAFileThatDoesNotBeginTheTrail(t *testing.T) {
	from := recordOf(eight()[5])
	begin := func(kind Type, event string) []string {
		fields := []byte(`"event":"` + event + `","detail":"record 6"`)
		first, hash := AppendLine(nil, epoch(), 7, kind, fields, from.Hash)
		return append([]string{string(first)}, linesOf(Record{Seq: 7, Hash: hash}, "x", "y")...)
	}
	const missing = "line 1: removed before it, or put in: records 1 to 6 are missing"
	replacedLine := begin(SecurityEvent, ReplacedEvent)
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"it continues":       {replacedLine, ""},
		"another event":      {begin(SecurityEvent, "stale_approval"), missing},
		"a longer word":      {begin(SecurityEvent, ReplacedEvent+"_"), missing},
		"another type":       {begin(SystemEvent, ReplacedEvent), missing},
		"no such line":       {replacedLine[1:], "line 1: removed before it, or put in: records 1 to 7 are missing"},
		"in the second line": {append(eight()[:1:1], replacedLine...), "line 2: removed before it, or put in: records 2 to 6 are missing"},
		"changed": {
			append([]string{edit(replacedLine[0], "record 6", "record 9")}, replacedLine[1:]...),
			"line 1: changed: the hash of record 7 is not that of its bytes\nline 2: removed before it, or put in: records 1 to 7 are missing",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, findings(t, c.lines)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
