package audit

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkPost reports the CPU time that an event takes, caller and writer together: 60,000 events a second may take a
// third of a core, that is 5,500 ns each.
func BenchmarkPost(b *testing.B) {
	trail := mustOpen(b, filepath.Join(b.TempDir(), "trail"), Options{})
	a := attempt()
	b.ReportAllocs()
	begin := cpuTime(b)
	for b.Loop() {
		for errors.Is(trail.Post(a), ErrFull) {
			time.Sleep(time.Millisecond) //nolint:forbidigo // as fast as the writer
		}
	}
	b.ReportMetric(float64(cpuTime(b)-begin)/float64(b.N), "cpu-ns/event")
}

func cpuTime(b *testing.B) int64 {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func BenchmarkCommit(b *testing.B) {
	trail := mustOpen(b, filepath.Join(b.TempDir(), "trail"), Options{})
	a := attempt()
	b.ReportAllocs()
	b.SetParallelism(256)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := trail.Commit(context.Background(), a); err != nil {
				b.Error(err)
			}
		}
	})
}
