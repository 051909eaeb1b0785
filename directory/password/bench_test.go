package password

import (
	"net"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"ivalt-radius/secret"
)

// BenchmarkBeside is how late a goroutine that waits for a packet gets it, alone and beside a queue that is never empty: with the bound of
// NewVerifier, and with a derivation on every core.
func BenchmarkBeside(b *testing.B) {
	cores := runtime.GOMAXPROCS(0)
	for _, c := range []struct {
		name string
		v    *Verifier
	}{
		{"alone", nil},
		{"bounded", NewVerifier()},
		{"all_cores", newVerifier(cores, waitingPerCore, Hash.matches)},
	} {
		b.Run(c.name, func(b *testing.B) {
			derived := new(atomic.Int64)
			if c.v != nil {
				for range cores * waitingPerCore / 2 {
					go func() {
						for b.Context().Err() == nil {
							_, _ = c.v.Verify(b.Context(), Familiar, Hash{}, secret.New("another horse"))
							derived.Add(1)
						}
					}()
				}
			}
			begun := time.Now()
			late := delays(b)
			b.ReportMetric(float64(late[len(late)/2].Microseconds()), "µs-p50")
			b.ReportMetric(float64(late[len(late)*99/100].Microseconds()), "µs-p99")
			b.ReportMetric(float64(derived.Load())/time.Since(begun).Seconds(), "derivations/s")
		})
	}
}

// delays are those of b.N packets, a millisecond apart, sorted.
func delays(b *testing.B) []time.Duration {
	b.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0") //nolint:noctx // a benchmark's
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	late := make([]time.Duration, b.N)
	buf := make([]byte, 16)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for i := range late {
		at := <-tick.C
		go func() { _, _ = conn.WriteTo([]byte{1}, conn.LocalAddr()) }()
		if _, _, err := conn.ReadFrom(buf); err != nil {
			b.Fatal(err)
		}
		late[i] = time.Since(at)
	}
	slices.Sort(late)
	return late
}
