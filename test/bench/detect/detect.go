package detect

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch"
)

// Wanted is how many events a second the watch must take.
const Wanted = 100_000

// Result is what was measured.
type Result struct {
	Events    int
	PerSecond float64       // of one core's time, in which they are also handed over and the garbage is collected
	See       time.Duration // on a login's way, on average
	Missed    uint64        // that found no room
	Alerts    int
}

// Ratio is how many times the wanted number went through.
func (r Result) Ratio() float64 { return r.PerSecond / Wanted }

// String is the result as a table, in Markdown.
func (r Result) String() string {
	return fmt.Sprintf("| events a second, one core | against %d | See, on a login's way | missed | alerts |\n|---|---|---|---|---|\n| %.0f | %.1f x | %s | %d | %d |\n",
		Wanted, r.PerSecond, r.Ratio(), r.See, r.Missed, r.Alerts)
}

// crowd is how many people and addresses take part: more than the watch remembers.
const crowd = 100_000

// Measure shows the watch so many events as fast as it takes them: of a hundred thousand people and addresses, half of them let in, the
// others refused for every reason that a rule looks at, and a forged packet for each ten of them. The whole runs on one core, and what counts
// is the time that this process had of it: others may run beside it.
func Measure(ctx context.Context, s watch.Settings, events int) Result {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	log := logrus.New()
	log.SetOutput(io.Discard)
	r := Result{Events: events}
	w := watch.New(s, watch.Deps{Alert: func(guard.Alert) { r.Alerts++ }, Note: func(audit.Event) {}, Now: time.Now, Log: log})
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	crowd := people()
	var seeing time.Duration
	begin := used()
	const batch = 2000
	for sent := 0; sent < events; sent += batch {
		from := time.Now()
		for i := range batch {
			w.See(crowd[(sent+i)%len(crowd)])
		}
		seeing += time.Since(from)
		for i := range batch / 10 {
			w.Dropped("bad_authenticator", "office", addressOf((sent+i)%len(crowd)))
		}
		runtime.Gosched() // one core: the watch is next
	}
	stop()
	<-ended
	rounds := (events + batch - 1) / batch
	r.PerSecond = float64(rounds*batch) * 1.1 / (used() - begin).Seconds()
	r.See = seeing / time.Duration(rounds*batch)
	r.Missed = w.Missed()
	return r
}

// used is the time that this process has had of all cores.
func used() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func people() []audit.Event {
	reasons := []string{
		"approved", "bad_password", "approved", "rate_limited", "approved", "push_timeout", "approved", "push_denied", "approved", "geofence",
		"approved", "blocked", "approved", "outside_hours",
	}
	all := make([]audit.Event, crowd)
	for i := range all {
		a := audit.Attempt{
			Attempt: fmt.Sprintf("a%d", i), Client: "office", NAS: "gw", User: fmt.Sprintf("user%d", i), CallingStation: addressOf(i).String(),
			Decision: "require_push", Rule: "default", Verdict: "reject", Reason: reasons[i%len(reasons)], Factors: []string{"password"},
		}
		if a.Reason == "approved" {
			a.Verdict = "accept"
		}
		all[i] = a
	}
	return all
}

func addressOf(i int) netip.Addr {
	var octets [4]byte
	binary.BigEndian.PutUint32(octets[:], 10<<24|uint32(i%crowd)) //nolint:gosec // small, and not below 0
	return netip.AddrFrom4(octets)
}
