package metrics

import (
	"bufio"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
)

// full are sources of everything.
func full() Sources {
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	return Sources{
		Waiting: func() int { return 7 }, Oldest: func() time.Duration { return 42 * time.Second },
		MaxAttempts: func() int { return 20000 }, Exchanges: func() int { return 9 },
		Budget: func() Budget {
			return Budget{Windows: []view.Window{{Per: "second", Limit: 20, Left: 19}, {Per: "minute", Limit: 100, Left: 3}}, Held: 1500 * time.Millisecond}
		},
		Breakers: func() []Breaker {
			return []Breaker{{"push", BreakerClosed}, {"result", BreakerRefused}, {"look-up", "strange"}}
		},
		Packets: func() map[string]uint64 {
			return map[string]uint64{
				"received": 100, "accepted": 1, "rejected": 2, "challenged": 3, "status_answered": 4, "accounting_answered": 5,
				"duplicate_answered": 6, "duplicate_dropped": 7, "reply_unfit": 8, "delay_full": 9, "unknown_client": 10, "silenced": 11,
			}
		},
		Trail: func() Trail { return Trail{Records: 1 << 40, Lag: 5, Lost: 2, Failing: true} },
		Shipping: func() []Receiver {
			return []Receiver{{Name: "siem", Records: 12, Behind: time.Minute, Skipped: 1, Failing: true}}
		},
		Missed:    func() uint64 { return 17 },
		Incidents: func() []Incident { return []Incident{{"brute_force", "high", "open", 2}} },
		Blocks:    func() int { return 3 },
		Lockouts:  func() int { return 4 },
		Secrets: func() []Secret {
			return []Secret{{"ivalt.api_key", 48 * time.Hour}, {"clients[0].secrets[0]", time.Hour}}
		},
		Certificates: func() []Certificate { return []Certificate{{"window", at}} },
		Nodes: func() (Nodes, bool) {
			return Nodes{Alive: 2, Left: 1, Dead: 3, Differing: 1, Reachable: true, Alone: true}, true
		},
		Checks:   func() []view.Check { return []view.Check{{Name: "sockets", OK: true}, {Name: "trail"}} },
		Settings: func() Settings { return Settings{Version: "v1", Digest: "abc"} },
		Sessions: func() int { return 2 },
		Online:   func() []Online { return []Online{{"vpn", 3, 1, 500, 700, 2}} },
		SignIns: func() map[string]uint64 {
			return map[string]uint64{"succeeded": 5, "failed": 6, "throttled": 7, "busy": 8}
		},
	}
}

// busy are metrics of which every one has a figure.
func busy() *Metrics {
	m := New()
	m.Adopt([]string{"office", "vpn"})
	m.Read(full())
	m.Concluded(audit.Attempt{Client: "office", Verdict: "accept", Reason: "approved", Duration: 6 * time.Second, Exchanges: 3})
	m.Approved("office", 5*time.Second)
	m.Added("office", 20*time.Millisecond)
	m.See(&audit.APICall{Call: "push", Class: "accepted", Duration: 300 * time.Millisecond})
	return m
}

// scrape is what Prometheus gets: each line that is no comment, by its name and labels.
func scrape(t *testing.T, h http.Handler) map[string]string {
	t.Helper()
	text, _ := ask(t, h, "text/plain;version=0.0.4")
	figures := map[string]string{}
	for line := range strings.Lines(text) {
		if at := strings.LastIndexByte(strings.TrimSpace(line), ' '); at > 0 && line[0] != '#' {
			figures[line[:at]] = strings.TrimSpace(line[at:])
		}
	}
	return figures
}

// ask scrapes over a real connection.
func ask(t *testing.T, h http.Handler, accept string) (body, contentType string) {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var from io.Reader = bufio.NewReader(answer.Body)
	if answer.Header.Get("Content-Encoding") == "gzip" {
		if from, err = gzip.NewReader(from); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(from)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v\n%s", answer.Status, err, text)
	}
	return string(text), answer.Header.Get("Content-Type")
}

// expect looks at figures of ours, without the prefix.
func expect(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[Prefix+name] != want[name] {
			t.Errorf("%s: got %q, want %q", name, got[Prefix+name], want[name])
		}
	}
}
