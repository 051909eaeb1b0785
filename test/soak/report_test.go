package soak

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// seen is a report whose figures all stay as they are, but for one that leaks.
func seen(leaking string) Report {
	r := Report{
		Length: time.Hour, Seed: 7, Version: "server 1", Asked: 90, Accepted: 40, Troubles: map[string]int{"iVALT down and back": 3},
		Idle: Sample{Values: map[string]float64{descriptors: 20, goroutines: 70}}, After: Sample{Values: map[string]float64{descriptors: 21, goroutines: 71}},
	}
	for at := time.Duration(0); at < time.Hour; at += time.Minute {
		s := Sample{At: at, Values: map[string]float64{}}
		for _, f := range Figures() {
			s.Values[f.Name] = 50 * f.Scale
			if f.Name == leaking {
				s.Values[f.Name] += 300 * f.Scale * at.Hours()
			}
		}
		r.Samples = append(r.Samples, s)
	}
	return r
}

func TestFaults(t *testing.T) {
	if faults := seen("").Faults(); len(faults) != 0 {
		t.Errorf("%q", faults)
	}
	for _, f := range Figures() {
		faults := seen(f.Name).Faults()
		leaks := len(faults) == 1 && strings.HasPrefix(faults[0], f.Name+" is not flat")
		if f.Name == state { // it may grow by a MiB
			continue
		}
		if f.Judged != leaks {
			t.Errorf("%s leaks, and the faults are %q", f.Name, faults)
		}
	}
	r := seen("")
	r.After.Values[descriptors] = 90
	if faults := r.Faults(); len(faults) != 1 || !strings.HasPrefix(faults[0], descriptors) {
		t.Errorf("%q", faults)
	}
	r = seen("")
	r.Wrong = 1
	if faults := r.Faults(); len(faults) != 1 || !strings.HasPrefix(faults[0], "1 requests") {
		t.Errorf("%q", faults)
	}
	if faults := (Report{}).Faults(); len(faults) == 0 {
		t.Error("an empty report has no fault")
	}
}

// TestKeep: what is kept is judged as what was seen.
func TestKeep(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "soak.json")
	if err := seen(live).Keep(file); err != nil {
		t.Fatal(err)
	}
	got, err := ReadReport(file)
	if err != nil || got.Table() != seen(live).Table() || strings.Join(got.Faults(), "") != strings.Join(seen(live).Faults(), "") {
		t.Errorf("%v: %s", err, got.Table())
	}
	if _, err := ReadReport(file + ".other"); err == nil {
		t.Error("a file that is not there is read")
	}
	if err := got.Keep(filepath.Join(file, "below a file")); err == nil {
		t.Error("nothing is kept, and nobody says so")
	}
}

// TestWrite: the figures go between the marks, and what stands around them stays.
func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := filepath.Join(dir, "soak.md")
	if err := seen("").Write(dir); err == nil {
		t.Error("a page that is not there is written")
	}
	if err := os.WriteFile(page, []byte("# Soak\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := seen("").Write(dir); err == nil {
		t.Error("a page without marks is written")
	}
	if err := os.WriteFile(page, []byte("# Soak\n\n"+begin+"\nold\n"+end+"\n\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second time changes nothing
		if err := seen("").Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Soak\n\n" + begin, end + "\n\nafter\n", "All is flat.", "| live heap | 50.0 MiB |", "0 answered wrongly", "iVALT down and back 3"} {
		if strings.Count(string(text), want) != 1 {
			t.Errorf("%q stands there %d times:\n%s", want, strings.Count(string(text), want), text)
		}
	}
	if strings.Contains(string(text), "old") {
		t.Error("the old figures stand there")
	}
	wellFormed(t, filepath.Join(dir, "soak.svg"))
	if words := seen(live).words(); !strings.Contains(words, "Not flat: live heap") {
		t.Errorf("%q", words)
	}
}

func wellFormed(t *testing.T, file string) {
	t.Helper()
	picture, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = picture.Close() }()
	lines := 0
	for decoder := xml.NewDecoder(picture); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "polyline" {
			lines++
		}
	}
	if lines != 9 {
		t.Errorf("%d lines are drawn, want 9", lines)
	}
}

// TestLook: the figures of a process that is there, this one.
func TestLook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "incidents"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int{"incidents/1.json": 70, "audit.jsonl": 300, "audit.jsonl.1-2.gz": 200, "state.db": 100} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := Watch{PID: os.Getpid(), State: dir, Scrape: func() (map[string]float64, error) {
		return map[string]float64{
			"go_goroutines": 42, "go_memstats_next_gc_bytes": 8 * mebibyte,
			`ivalt_radius_incidents_open{severity="high"}`: 3, `ivalt_radius_incidents_open{severity="low"}`: 4,
		}, nil
	}}
	s, err := w.Look()
	if err != nil || s.At != 0 {
		t.Errorf("%v, at %s", err, s.At)
	}
	for name, want := range map[string]float64{goroutines: 42, live: 4 * mebibyte, incidents: 7, state: 100, trail: 500, evidence: 70} {
		if s.Values[name] != want {
			t.Errorf("%s is %v, want %v", name, s.Values[name], want)
		}
	}
	if s.Values[resident] < mebibyte || s.Values[threads] < 1 || s.Values[descriptors] < 3 {
		t.Errorf("%v", s)
	}
	if text := s.String(); !strings.Contains(text, "live heap 4.0 MiB, goroutines 42") {
		t.Error(text)
	}
	w.Begin()
	w.PID = -1
	if _, err := w.Look(); err == nil {
		t.Error("a process that is not there has figures")
	}
	w.Scrape = func() (map[string]float64, error) { return nil, errors.New("torn") }
	if _, err := w.Look(); err == nil {
		t.Error("a server that does not answer has figures")
	}
}
