package audittest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
)

// Trail is what is written.
type Trail struct {
	Records int
	From    time.Time     // of the first record
	Every   time.Duration // between two records
	Seed    uint64
	People  int // 0: 50
}

// File writes the trail to a new file, mode 0600.
func (t Trail) File(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // a test's own path
	if err != nil {
		return err
	}
	return errors.Join(t.Write(file), file.Close())
}

// Write writes the trail's lines.
func (t Trail) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	random := rand.New(rand.NewPCG(t.Seed, 0)) //nolint:gosec // a test's trail
	prev, at := chain.Genesis(), t.From
	var line []byte
	for i := range t.Records {
		e := t.event(random, i)
		line, prev = chain.AppendLine(line[:0], at, uint64(i)+1, e.EventType(), e.AppendFields(nil), prev)
		if _, err := out.Write(line); err != nil {
			return err
		}
		at = at.Add(t.Every)
	}
	return out.Flush()
}

// event is one of a server's day: mostly API calls and logins, of which most are approved.
func (t Trail) event(random *rand.Rand, i int) audit.Event {
	people := t.People
	if people == 0 {
		people = 50
	}
	n := random.IntN(people)
	user, from := fmt.Sprintf("user%d@corp.example", n), fmt.Sprintf("198.51.100.%d", n%250+1)
	client := clients()[random.IntN(2)]
	switch kind := random.IntN(100); {
	case i == 0:
		return audit.System{Event: "started", Detail: "version 0"}
	case kind < 50:
		return audit.APICall{
			Attempt: fmt.Sprintf("a%d", i), Call: "result", Endpoint: "/biometric-geo-fence-auth-results", Status: 200, Class: "pending",
			Duration: time.Duration(50+random.IntN(300)) * time.Millisecond, RequestID: fmt.Sprintf("r%d", i),
		}
	case kind < 52:
		return audit.Security{Event: "collision", Attempt: fmt.Sprintf("a%d", i), Client: client.name, User: user, CallingStation: from}
	case kind < 55:
		return audit.Accounting{Client: client.name, NAS: "gw", User: user, CallingStation: from, Status: "start", Session: fmt.Sprintf("s%d", i), FramedIP: "10.8.0.7"}
	}
	a := audit.Attempt{
		Attempt: fmt.Sprintf("a%d", i), Client: client.name, NAS: "gw", User: user, CallingStation: from, Decision: "require_push", Rule: "default",
		Factors: []string{"push"}, Verdict: "accept", Reason: "approved", Duration: time.Duration(2000+random.ExpFloat64()*6000) * time.Millisecond,
		Exchanges: 1, Mobile: fmt.Sprintf("**********%02d", n%100),
	}
	switch kind := random.IntN(20); {
	case kind < 2:
		a.Verdict, a.Reason, a.Duration = "reject", "push_timeout", time.Minute
	case kind < 3:
		a.Verdict, a.Reason = "reject", "push_denied"
	case kind < 4:
		a.Verdict, a.Reason, a.Duration, a.Factors, a.Mobile = "reject", "bad_password", time.Second, nil, ""
	}
	a.Packets, a.LastPacket = client.asks(a.Duration)
	return a
}

// client is a client whose NAS sends again every so often, so many packets in all.
type client struct {
	name    string
	every   time.Duration
	packets int
}

// clients: one NAS asks every 5 s and gives up at 30 s, the other asks once and waits in silence.
func clients() [2]client {
	return [2]client{{"office-vpn", 5 * time.Second, 6}, {"branch-vpn", time.Minute, 1}}
}

// asks is how many packets of an attempt were heard, and when the last one was.
func (c client) asks(within time.Duration) (packets int, last time.Duration) {
	n := min(c.packets, 1+int(within/c.every))
	return n, time.Duration(n-1) * c.every
}
