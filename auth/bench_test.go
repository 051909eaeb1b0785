package auth

import (
	"context"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// forgetful keeps no evidence.
type forgetful struct{}

func (forgetful) Commit(context.Context, audit.Event) error { return nil }
func (forgetful) Note(audit.Event)                          {}

// silent are phones that never answer.
type silent struct{}

func (silent) Begin(*Push) Asked { return make(unanswered, 1) }

type unanswered chan Answer

func (u unanswered) Answer() <-chan Answer { return u }
func (u unanswered) Withdraw()             { u <- Answer{Outcome: Withdrawn, Pushed: true} }

// deep is a first factor that takes as much of the stack as argon2 does, whose blocks stand on it, and no time.
type deep struct{}

func (deep) Verify(context.Context, Subject, *Request) (Checked, error) {
	return Checked{Password: descend(0) == 0}, nil
}

//go:noinline
func descend(n byte) (sum byte) {
	var block [4096]byte
	for i := range block {
		block[i] = n
	}
	for _, b := range block {
		sum += b
	}
	return sum
}

// always decides the same.
type always policy.Action

func (a always) Decide(policy.Facts) policy.Decision {
	return policy.Decision{Action: policy.Action(a), Rule: "default"}
}

func benched(primary Primary, action policy.Action) (*Flow, *Rules) {
	return New(Options{Pusher: silent{}, Gate: open{}, Recorder: forgetful{}, Now: time.Now, Concluded: func(audit.Attempt) {}}),
		&Rules{
			Policy: always(action), MaxAttempts: 1 << 20, Primaries: with(primary),
			Directory: DirectoryFunc(func(context.Context, Username) (Person, error) { return Person{}, nil }),
		}
}

func numbered(n int, rules *Rules) *Request {
	return &Request{
		ID: uint64(n) + 1, Client: Client{Name: "vpn", AnswerWithin: time.Minute, Factor: policy.FileFactor, Rules: rules}, //nolint:gosec // G115: a count
		Received: time.Now(), Username: "user" + strconv.Itoa(n), Method: PAP, Password: secret.New("password"),
		CallingStation: "203.0.113.9", From: netip.MustParseAddr("203.0.113.9"),
	}
}

// BenchmarkApart is a login that ends as soon as its first factor is checked: without one; with one that is asked on the caller's goroutine;
// and with the same apart from it, as the server does with one that takes its time.
func BenchmarkApart(b *testing.B) {
	for _, c := range []struct {
		name    string
		primary Primary
		waits   bool
	}{{"none", NoPrimary{}, false}, {"here", checked{}, false}, {"apart", checked{}, true}} {
		b.Run(c.name, func(b *testing.B) {
			flow, rules := benched(c.primary, policy.Exempt)
			rules.Waits = c.waits
			req := numbered(0, rules)
			req.Password = secret.New("pw")
			done := make(chan Verdict)
			b.ReportAllocs()
			for b.Loop() {
				req.Received = time.Now()
				_, wait := flow.Open(b.Context(), req)
				go func() { done <- wait() }()
				if v := <-done; v.Kind != Accept {
					b.Fatal(v.Reason)
				}
			}
		})
	}
}

// BenchmarkWaiting is the memory of a login that waits for its phone, after a garbage collection: opened on the caller's goroutine, and behind a
// first factor that was checked in the goroutine that waits.
func BenchmarkWaiting(b *testing.B) {
	for name, primary := range map[string]Primary{"none": NoPrimary{}, "deep": deep{}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				waitTogether(b, primary)
			}
		})
	}
}

func waitTogether(b *testing.B, primary Primary) {
	b.Helper()
	const crowd = 5000
	flow, rules := benched(primary, policy.RequirePush)
	rules.Waits = true
	heap, stack := footprint()
	var all sync.WaitGroup
	for n := range crowd {
		_, wait := flow.Open(b.Context(), numbered(n, rules))
		all.Go(func() { wait() })
	}
	for flow.Waiting() < crowd {
		<-time.After(10 * time.Millisecond)
	}
	heapNow, stackNow := footprint()
	b.ReportMetric(float64(heapNow-heap)/crowd, "B-heap/login")
	b.ReportMetric(float64(stackNow-stack)/crowd, "B-stack/login")
	flow.Stop()
	all.Wait()
}

// footprint is what is in use once the collector has also made the stacks as small as it does.
func footprint() (heap, stack int64) {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), int64(m.StackInuse) //nolint:gosec // G115: octets of this machine
}
