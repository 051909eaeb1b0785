package load

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// write is set by `make simulate-load`: the folder of the page and the plot, and the word to play every scene.
var write = flag.String("write", "", "play every scene, and write ivalt-load.md and ivalt-load.svg to this folder") //nolint:gochecknoglobals // a flag of the test binary

// cell plays a scene with one client, in as many rounds as it has.
func cell(t *testing.T, s scene, c client, rounds int) (sum outcome) {
	t.Helper()
	for seed := range uint64(rounds) { //nolint:gosec // a few
		synctest.Test(t, func(t *testing.T) {
			o, err := play(t.Context(), c, crowd(seed, s))
			if err != nil {
				t.Error(err)
			}
			sum.add(o)
		})
	}
	return sum
}

// TestPromises holds the scheduler to what docs/ivalt.md promises, in the scenes that decide it.
func TestPromises(t *testing.T) {
	all := clients()
	for _, s := range []scene{peak(3, 20), peak(20, 2), peak(60, 1)} {
		t.Run(s.name, func(t *testing.T) {
			rows := []outcome{cell(t, s, all[auto], s.rounds), cell(t, s, all[five], s.rounds), cell(t, s, all[two], s.rounds)}
			for _, complaint := range broken(s, rows[0], rows[1:]...) {
				t.Error(complaint)
			}
		})
	}
}

// TestNoCallIsRefused: whatever the rate, and with a sentinel too, iVALT never has to say "too many".
func TestNoCallIsRefused(t *testing.T) {
	s := peak(60, 1)
	if o := cell(t, s, clients()[always], 1); o.throttled != 0 || o.accepted == 0 {
		t.Errorf("%d calls refused, %d logins let in", o.throttled, o.accepted)
	}
}

// TestPromisesCanBreak: the judge sees what it is there to see.
func TestPromisesCanBreak(t *testing.T) {
	good := outcome{logins: 100, willing: 97, accepted: 97, polls: 300, requests: 400, delays: []time.Duration{time.Second}}
	for name, spoil := range map[string]func(*outcome){
		"polls":         func(o *outcome) { o.polls = 360 },
		"delay":         func(o *outcome) { o.delays = []time.Duration{2 * time.Second} },
		"refused calls": func(o *outcome) { o.throttled = 1 },
		"a full minute": func(o *outcome) { o.peaks[1] = 98 },
	} {
		bad := good
		spoil(&bad)
		if len(broken(peak(3, 1), bad)) != 1 || len(broken(peak(3, 1), good, good)) != 0 {
			t.Errorf("%s: %q, and %q of a good one", name, broken(peak(3, 1), bad), broken(peak(3, 1), good, good))
		}
	}
	for name, spoil := range map[string]func(*outcome){
		"success": func(o *outcome) { o.accepted = 95 },
		"p95":     func(o *outcome) { o.delays = []time.Duration{9 * time.Second} },
	} {
		bad := good
		spoil(&bad)
		if len(broken(peak(20, 1), bad)) != 1 {
			t.Errorf("%s: %q", name, broken(peak(20, 1), bad))
		}
	}
	if worse := good; len(broken(peak(60, 1), func() outcome { worse.accepted--; return worse }(), good)) != 1 {
		t.Error("a baseline that lets more people in is not seen")
	}
}

// TestSimulateLoad plays every scene and writes the page; without -write it draws a page of few logins.
func TestSimulateLoad(t *testing.T) {
	scenes := append(peaks(), longer()...)
	if *write == "" {
		scenes = []scene{peak(1, 1), peak(2, 1)}
	}
	var rows []row
	for _, s := range scenes {
		r := row{scene: s}
		for _, c := range clients() {
			r.by = append(r.by, cell(t, s, c, s.rounds))
		}
		rows = append(rows, r)
		for _, complaint := range broken(s, r.by[auto], r.by[five], r.by[two]) {
			if *write != "" {
				t.Error(complaint)
			}
		}
	}
	text, picture := page(rows), chart(rows[:min(len(rows), len(peaks()))])
	if !strings.Contains(text, scenes[1].name) || strings.Count(picture, "<polyline") != 2*len(clients()) || strings.Contains(text+picture, "NaN") {
		t.Errorf("%s\n%s", text, picture)
	}
	if *write == "" {
		return
	}
	t.Log("\n" + text)
	for name, content := range map[string]string{"ivalt-load.md": text, "ivalt-load.svg": picture} {
		if err := os.WriteFile(filepath.Join(*write, name), []byte(content), 0o644); err != nil {
			t.Error(err)
		}
	}
}
