package soak

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Sample is what the process has at a moment, by the names of Figures.
type Sample struct {
	At     time.Duration // since the load began
	Values map[string]float64
}

// Figure is one thing that is watched.
type Figure struct {
	Name   string
	Unit   string  // as it is shown
	Scale  float64 // how many of the value make one of the unit
	Rule   Rule    // in values
	Judged bool    // else it is shown alone: load, or what grows with the records by design
}

const (
	mebibyte = 1 << 20
	kibibyte = 1 << 10
)

// The names of the figures that are not a metric of the server.
const (
	resident    = "resident memory"
	live        = "live heap"
	goroutines  = "goroutines"
	descriptors = "open descriptors"
	threads     = "threads"
	state       = "state without trail and incidents"
	evidence    = "incidents with their evidence" // 64 KiB each at most, until somebody closes them
	trail       = "trail"
	inFlight    = "logins waiting"
	lockouts    = "lockouts"
	incidents   = "open incidents"
	sessions    = "sessions of the window"
)

// Figures are all that is watched, in the order of the page. What swings with the load and the troubles has more room than what does not: of goroutines
// and descriptors Returned is the sharper judge, and of memory the live heap.
func Figures() []Figure {
	return []Figure{
		{resident, "MiB", mebibyte, Rule{Room: 12 * mebibyte, Share: 0.10}, true},
		{live, "MiB", mebibyte, Rule{Room: 2.5 * mebibyte, Share: 0.10}, true},
		{goroutines, "", 1, Rule{Room: 40, Share: 0.10}, true},
		{descriptors, "", 1, Rule{Room: 10, Share: 0.10}, true},
		{threads, "", 1, Rule{Room: 3}, true},
		{state, "KiB", kibibyte, Rule{Room: 512 * kibibyte, Share: 0.10}, true},
		{inFlight, "", 1, Rule{Room: 10, Share: 0.20}, true},
		{lockouts, "", 1, Rule{Room: 10, Share: 0.20}, true},
		{sessions, "", 1, Rule{Room: 12, Share: 0.20}, true}, // an hour without use ends one: within the first hour they come, and few go
		{incidents, "", 1, Rule{}, false},
		{evidence, "KiB", kibibyte, Rule{}, false},
		{trail, "KiB", kibibyte, Rule{}, false},
	}
}

// Of is one figure over the samples; a sample that lacks it has no point.
func Of(samples []Sample, name string) []Point {
	var series []Point
	for _, s := range samples {
		if v, known := s.Values[name]; known {
			series = append(series, Point{At: s.At, Value: v})
		}
	}
	return series
}

// metrics are the figures that the server itself tells, by series.
func metrics() map[string]string {
	return map[string]string{
		goroutines: "go_goroutines",
		inFlight:   "ivalt_radius_logins_in_flight",
		lockouts:   "ivalt_radius_lockouts",
		sessions:   "ivalt_radius_window_sessions",
	}
}

// fill takes the figures of a scrape. What is live after a collection is half of the size at which the next begins (GOGC is 100), which does not
// swing as the heap itself does; open incidents are one series a severity.
func (s *Sample) fill(scrape map[string]float64) {
	for name, series := range metrics() {
		if v, known := scrape[series]; known {
			s.Values[name] = v
		}
	}
	if v, known := scrape["go_memstats_next_gc_bytes"]; known {
		s.Values[live] = v / 2
	}
	for series, v := range scrape {
		if strings.HasPrefix(series, "ivalt_radius_incidents_open") {
			s.Values[incidents] += v
		}
	}
}

// look takes the figures that the kernel tells of a process.
func (s *Sample) look(pid int) error {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	open, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		return fmt.Errorf("counting descriptors: %w", err)
	}
	s.Values[descriptors] = float64(len(open))
	status, err := os.Open(filepath.Join(proc, "status"))
	if err != nil {
		return fmt.Errorf("reading the process's status: %w", err)
	}
	defer func() { _ = status.Close() }()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		field := strings.Fields(lines.Text())
		if len(field) < 2 {
			continue
		}
		n, err := strconv.ParseFloat(field[1], 64)
		switch {
		case err != nil:
		case field[0] == "VmRSS:":
			s.Values[resident] = n * kibibyte
		case field[0] == "Threads:":
			s.Values[threads] = n
		}
	}
	return nil
}

// weigh adds up the files of the state directory, those of the trail and of incidents apart. What goes away meanwhile is not counted.
func (s *Sample) weigh(dir string) error {
	s.Values[state], s.Values[trail], s.Values[evidence] = 0, 0, 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // it went away meanwhile
		}
		name := state
		switch {
		case strings.HasPrefix(filepath.Base(path), "audit"):
			name = trail
		case filepath.Base(filepath.Dir(path)) == "incidents":
			name = evidence
		}
		s.Values[name] += float64(info.Size())
		return nil
	})
	if err != nil {
		return fmt.Errorf("weighing the state directory: %w", err)
	}
	return nil
}

// Watch looks at a running server.
type Watch struct {
	PID    int
	State  string                             // its state directory
	Scrape func() (map[string]float64, error) // its metrics, by series

	began time.Time
}

// Begin is the moment from which samples count their time; before it they have none.
func (w *Watch) Begin() { w.began = time.Now() }

// Look takes a sample.
func (w *Watch) Look() (Sample, error) {
	s := Sample{Values: map[string]float64{}}
	if !w.began.IsZero() {
		s.At = time.Since(w.began)
	}
	scrape, err := w.Scrape()
	if err != nil {
		return s, fmt.Errorf("reading the metrics: %w", err)
	}
	s.fill(scrape)
	return s, errors.Join(s.look(w.PID), s.weigh(w.State))
}

// String names the values in their units.
func (s Sample) String() string {
	var parts []string
	for _, f := range Figures() {
		if v, known := s.Values[f.Name]; known {
			parts = append(parts, f.Name+" "+f.show(v))
		}
	}
	return strings.Join(parts, ", ")
}

// show is a value in the figure's unit.
func (f Figure) show(v float64) string {
	if f.Unit == "" {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v/f.Scale, 'f', 1, 64) + " " + f.Unit
}

// Returned names what is above the level of before the load: descriptors and goroutines, but for a few that stay, such as connections kept for the
// next call.
func Returned(idle, after Sample) []string {
	const few = 6
	var above []string
	for _, name := range []string{descriptors, goroutines} {
		was, known := idle.Values[name]
		is, found := after.Values[name]
		if !known || !found || is > was+few {
			above = append(above, fmt.Sprintf("%s: %.0f before the load, %.0f after it", name, was, is))
		}
	}
	return above
}
