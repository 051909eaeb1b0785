package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/logger"
)

// BenchmarkEvidence is what an accepted login costs in processor time, caller and writer together: its log line alone, and that with
// the trail, which is one durable record and one for each of its five calls to iVALT. 256 logins end at once.
func BenchmarkEvidence(b *testing.B) {
	b.Run("log", func(b *testing.B) {
		benchLogins(b, func(context.Context) error { return nil })
	})
	b.Run("log and trail", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "trail")
		trail, err := audit.Open(path, audit.Options{})
		if err != nil {
			b.Fatal(err)
		}
		e, calls := acceptedLogin()
		benchLogins(b, func(ctx context.Context) error {
			for i := range calls {
				_ = trail.Post(&calls[i]) // what finds the queue full is counted
			}
			return trail.Commit(ctx, &e)
		})
		if err := trail.Close(); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/float64(b.N), "B-on-disk/op")
		b.ReportMetric(float64(trail.Lost())/float64(b.N), "lost/op")
	})
}

// acceptedLogin is the evidence of one.
func acceptedLogin() (audit.Attempt, []audit.APICall) {
	e := audit.Attempt{
		Attempt: "k7Qm2Zx8Lw0p", Client: "office-vpn", NAS: "openvpn-as", User: "alice@corp.example", CallingStation: "203.0.113.7", Decision: "require_push",
		Rule: "default", Factors: []string{"password", "push"}, Verdict: "accept", Reason: "approved", Duration: 7 * time.Second, Exchanges: 1, Mobile: "*********67",
	}
	var calls []audit.APICall
	for i, call := range []string{"push", "sentinel", "poll", "poll", "poll"} {
		calls = append(calls, audit.APICall{
			Attempt: e.Attempt, Call: call, Endpoint: "/biometric-geo-fence-auth-results", Status: 404, Class: "pending", Duration: 210 * time.Millisecond,
			RequestID: fmt.Sprintf("0123456789abcdef0123456789abcde%d", i),
		})
	}
	return e, calls
}

// benchLogins logs logins, 256 at once, each after what record does.
func benchLogins(b *testing.B, record func(context.Context) error) {
	b.Helper()
	out, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	log, err := logger.New(out, "info", "json")
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	e, _ := acceptedLogin()
	b.ReportAllocs()
	begin := processorTime(b)
	b.SetParallelism(256)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := record(context.Background()); err != nil {
				b.Error(err)
			}
			log.Event(logrus.InfoLevel, e)
		}
	})
	b.ReportMetric(float64(processorTime(b)-begin)/float64(b.N), "cpu-ns/op")
}

func processorTime(b *testing.B) int64 {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
