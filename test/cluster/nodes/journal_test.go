//go:build interop

package nodes_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/cluster/history"
)

// marked has pushes tell which node asked for them, whose login they are, and from where.
func marked(n *node) string { return "request_from: \"" + n.name + " {user} {calling_station}\"" }

// journal writes down what happens to a house. It is safe for concurrent use.
type journal struct {
	house *house

	mu      sync.Mutex
	h       history.History
	packets int
	pushes  map[uint64]bool
	answers map[ivalttest.Answer]bool
}

func newJournal(h *house, within time.Duration) *journal {
	return &journal{
		house: h, h: history.History{Within: within, Joinable: 10 * time.Second, Exempt: map[string]bool{}},
		pushes: map[uint64]bool{}, answers: map[ivalttest.Answer]bool{},
	}
}

// packet is a number for a request that was encoded.
func (j *journal) packet() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.packets++
	return j.packets
}

// begin writes down a new exchange, which leaves now, and returns its place.
func (j *journal) begin(e history.Exchange) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Sent = []time.Time{time.Now()}
	j.h.Exchanges = append(j.h.Exchanges, e)
	return len(j.h.Exchanges) - 1
}

// again writes down that an exchange's octets leave once more.
func (j *journal) again(place int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := &j.h.Exchanges[place]
	e.Sent = append(e.Sent, time.Now())
}

// answered writes down what came for an exchange.
func (j *journal) answered(place int, a history.Answer) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := &j.h.Exchanges[place]
	e.Answers = append(e.Answers, a)
}

// down writes down that a node is, until up is called.
func (j *journal) down(n *node, why string) (up func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.h.Downs = append(j.h.Downs, history.Span{Node: n.name, Why: why, From: time.Now(), To: time.Now().Add(24 * time.Hour)})
	i := len(j.h.Downs) - 1
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.h.Downs[i].To = time.Now()
	}
}

// wasDown reports that a node was, at some time since then.
func (j *journal) wasDown(n *node, since time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.h.Downs {
		if s.Node == n.name && s.To.After(since) {
			return true
		}
	}
	return false
}

// mute writes down that a node, or where none is named every one, may not be heard by the memory, until up is called.
func (j *journal) mute(node, why string) (up func()) {
	from := time.Now()
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.h.Mutes = append(j.h.Mutes, history.Span{Node: node, Why: why, From: from, To: time.Now()})
	}
}

// lost writes down that the memory was: only this allows a further push.
func (j *journal) lost(why string, from, to time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.h.Losses = append(j.h.Losses, history.Span{Why: why, From: from, To: to})
}

// collect takes over what the cloud saw since it was asked last: it forgets after a thousand pushes.
func (j *journal) collect() {
	users := map[string]string{}
	for _, p := range j.house.cloud.People() {
		users[p.Mobile], _, _ = strings.Cut(p.Email, "@")
	}
	pushes, answers := j.house.cloud.PushLog(1024), j.house.cloud.Answers()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range pushes {
		if j.pushes[p.ID] {
			continue
		}
		j.pushes[p.ID] = true
		push := history.Push{User: users[p.Mobile], At: p.Sent}
		if words := strings.Fields(p.RequestFrom); len(words) >= 3 {
			push.Node, push.Station = words[0], words[2]
		}
		j.h.Pushes = append(j.h.Pushes, push)
	}
	for _, a := range answers {
		if !j.answers[a] && a.Approves() {
			j.answers[a] = true
			j.h.Approvals = append(j.h.Approvals, history.Said{User: users[a.Mobile], At: a.At})
		}
	}
}

// collecting collects until it is told to stop, and once more then.
func (j *journal) collecting() (stop func()) {
	told := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(2 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				j.collect()
			case <-told:
				return
			}
		}
	})
	return func() {
		close(told)
		running.Wait()
		j.collect()
	}
}

// close reads the trails of nodes that have stopped, and gives the history.
func (j *journal) close(t *testing.T) history.History {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.h.Until = time.Now()
	for _, n := range j.house.nodes {
		for _, line := range n.TrailLines(t) {
			var r blackbox.Record
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatalf("%s: %v: %s", n.name, err, line)
			}
			if r.Text("type") != "authentication_attempt" {
				continue
			}
			at, err := time.Parse(time.RFC3339Nano, r.Text("time"))
			if err != nil {
				t.Fatal(err)
			}
			record := history.Record{Node: n.name, User: r.Text("user"), Station: r.Text("calling_station"), Reason: r.Text("reason"), At: at}
			switch r.Text("verdict") {
			case history.Accept.String():
				record.Verdict = history.Accept
			case history.Reject.String():
				record.Verdict = history.Reject
			}
			j.h.Records = append(j.h.Records, record)
		}
	}
	return j.h
}

// nodeAt is the node that answers from an address; nil: none.
func (h *house) nodeAt(from netip.AddrPort) *node {
	for _, n := range h.nodes {
		if n.Authentication() == from.String() {
			return n
		}
	}
	return nil
}

// verdict is a reply's.
func verdict(r blackbox.Reply) history.Verdict {
	switch r.Code {
	case blackbox.AccessAccept:
		return history.Accept
	case blackbox.AccessReject:
		return history.Reject
	}
	return history.None
}
