package audit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit/chain"
)

func TestOpenBeginsATrailForTheOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "newer", "audit.jsonl")
	trail := mustOpen(t, path, Options{})
	mustClose(t, trail)
	for name, want := range map[string]os.FileMode{
		path: 0o600, filepath.Dir(path): os.ModeDir | 0o700, filepath.Dir(filepath.Dir(path)): os.ModeDir | 0o700,
	} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", name, err, info.Mode(), want)
		}
	}
}

func TestASecondServerIsRefused(t *testing.T) {
	path := trailPath(t)
	first := mustOpen(t, path, Options{})
	if _, err := Open(path, Options{}); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
	mustCommit(t, first, Attempt{User: "a"})
	mustClose(t, first)
	second := mustOpen(t, path, Options{})
	mustCommit(t, second, Attempt{User: "b"})
	mustClose(t, second)
	expect(t, path, "a b")
}

func TestFilesThatCannotBeATrail(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", dir, "/dev/null", filepath.Join(plain, "below"), filepath.Join(plain, "below", "it")} {
		if _, err := Open(path, Options{}); err == nil {
			t.Errorf("%q opens", path)
		}
	}
}

// three is the content of a trail with three attempts: a, b, c.
func three(t *testing.T) string {
	t.Helper()
	path := trailPath(t)
	trail := mustOpen(t, path, Options{})
	for _, user := range []string{"a", "b", "c"} {
		mustCommit(t, trail, Attempt{User: user})
	}
	mustClose(t, trail)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// reopen opens a trail of the given content and commits "next".
func reopen(t *testing.T, content string) (path string, err error) {
	t.Helper()
	path = trailPath(t)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	trail, err := Open(path, Options{})
	if err != nil {
		return path, err
	}
	mustCommit(t, trail, Attempt{User: "next"})
	mustClose(t, trail)
	return path, nil
}

func TestOpenCutsOffATornEnd(t *testing.T) {
	content := three(t)
	last := strings.LastIndexByte(content[:len(content)-1], '\n') + 1
	whole, torn := content[:last], content[last:]
	for name, c := range map[string]struct{ content, want string }{
		"nothing torn":                     {content, "a b c next"},
		"all but the newline":              {whole + torn[:len(torn)-1], "a b trail_repaired next"},
		"half a line":                      {whole + torn[:len(torn)/2], "a b trail_repaired next"},
		"one octet":                        {whole + "{", "a b trail_repaired next"},
		"NULs in place of a line":          {whole + strings.Repeat("\x00", 4096), "a b trail_repaired next"},
		"NULs in place of a line's begin":  {whole + strings.Repeat("\x00", 100) + torn, "a b trail_repaired next"},
		"NULs, and a torn line":            {whole + "\x00\x00\n" + torn[:20], "a b trail_repaired next"},
		"a first line":                     {content[:100], "trail_repaired next"},
		"NULs and nothing else":            {strings.Repeat("\x00", 100), "trail_repaired next"},
		"one octet and nothing else":       {"{", "trail_repaired next"},
		"empty":                            {"", "next"},
		"a torn line of the longest kind":  {whole + torn[:9] + strings.Repeat("x", chain.MaxLine-9), "a b trail_repaired next"},
		"a torn line behind a long record": {longest(t) + torn[:20], "long trail_repaired next"},
	} {
		t.Run(name, func(t *testing.T) {
			path, err := reopen(t, c.content)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, path, c.want)
		})
	}
}

// longest is a trail of one record, of the greatest length.
func longest(t *testing.T) string {
	t.Helper()
	path := trailPath(t)
	trail := mustOpen(t, path, Options{})
	mustCommit(t, trail, rawEvent(`"user":"long","a":"`+strings.Repeat("x", chain.MaxFields-20)+`"`))
	mustClose(t, trail)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestOpenSaysHowMuchItCut(t *testing.T) {
	path, err := reopen(t, three(t)+`{"time":"20`)
	if err != nil {
		t.Fatal(err)
	}
	if lines := sound(t, path); !strings.HasPrefix(lines[3].Detail, "11 bytes ") || lines[3].Type != "system_event" {
		t.Errorf("%+v", lines[3])
	}
}

func TestOpenLeavesAForeignFileAlone(t *testing.T) {
	content := three(t)
	for name, foreign := range map[string]string{
		"text":                     "hello\n",
		"text without a newline":   "hello",
		"JSON":                     "{\"a\":1}\n",
		"a line put behind":        content + "hello\n",
		"a word put behind":        content + "hello",
		"a line without its hash":  content[:len(content)-80] + "\n",
		"a very long torn line":    content + `{"time":"` + strings.Repeat("x", chain.MaxLine),
		"a very long line of NULs": content + strings.Repeat("\x00", tailSize) + "\n",
		"an upper-case hash":       content[:len(content)-67] + strings.Repeat("A", 64) + "\"}\n",
	} {
		t.Run(name, func(t *testing.T) {
			path, err := reopen(t, foreign)
			if !errors.Is(err, ErrGarbage) || !strings.Contains(err.Error(), "move the file aside") {
				t.Errorf("%v", err)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != foreign {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func TestOpenRecordsAChangedLastLine(t *testing.T) {
	content := three(t)
	path, err := reopen(t, strings.Replace(content, `"user":"c"`, `"user":"x"`, 1))
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	result, err := chain.Verify(strings.NewReader(string(after)))
	if err != nil || len(result.Findings) != 1 || result.Findings[0].Line != 3 || result.LastSeq != 5 {
		t.Errorf("%v %+v", err, result)
	}
	if !strings.Contains(string(after), `"type":"security_event","event":"trail_broken"`) {
		t.Errorf("the break is not recorded:\n%s", after)
	}
}

func FuzzFindEnd(f *testing.F) {
	line, _ := chain.AppendLine(nil, time.Unix(0, 0), 1, SystemEvent, []byte(`"a":1`), chain.Genesis())
	f.Add(line, int64(0))
	f.Add(append(line, line[:50]...), int64(0))
	f.Add(append(line, 0, 0, '\n'), int64(100))
	f.Fuzz(func(t *testing.T, tail []byte, offset int64) {
		end, err := findEnd(tail, max(0, offset))
		if err != nil {
			return
		}
		if end.torn < 0 || end.torn > int64(len(tail)) {
			t.Fatalf("%d of %d octets are torn", end.torn, len(tail))
		}
		kept := tail[:int64(len(tail))-end.torn]
		if len(kept) > 0 && kept[len(kept)-1] != '\n' {
			t.Fatalf("what is kept ends with %q", kept[len(kept)-1])
		}
		if again, err := findEnd(kept, max(0, offset)); err != nil || again.torn != 0 || again.last != end.last {
			t.Fatalf("a second Open finds %+v, %v; the first %+v", again, err, end)
		}
	})
}
