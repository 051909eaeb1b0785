package radius

import (
	"bytes"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"pgregory.net/rapid"

	"ivalt-radius/radius/client"
	"ivalt-radius/radius/remedy"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
	"ivalt-radius/state/statetest"
)

// desk is a claims with a clock, and a NAS that asks it.
type desk struct {
	*claims
	*statetest.Clock
	socket *socket
	client *client.Client
	key    *wire.Key
}

func stranger() *client.Client { return &client.Client{Standing: client.NewStanding()} }

func newDesk(capacity int) *desk {
	c := statetest.NewClock(time.Unix(1_700_000_000, 0))
	d := &desk{claims: newClaims(1, c.Now), Clock: c, socket: &socket{}, client: stranger()}
	d.capacity, d.key = capacity, wire.NewKey(secret.New("a secret of sixteen"))
	return d
}

// ask claims a packet of an identifier and a serial number, from a port.
func (d *desk) ask(from uint16, id, serial byte) (*exchange, []uint64, claimed) {
	raw := make([]byte, wire.HeaderSize)
	raw[0], raw[1], raw[3], raw[19] = 1, id, wire.HeaderSize, serial
	p, err := wire.Parse(raw)
	if err != nil {
		panic(err)
	}
	source := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), from)
	return d.claim(&datagram{socket: d.socket, client: d.client, source: source, received: d.Now()}, question{packet: p, key: d.key})
}

// sound checks what must hold whatever happened.
func (d *desk) sound() string {
	waiting := 0
	for _, x := range d.byDigest {
		if !x.concluded {
			waiting++
		}
	}
	switch {
	case waiting != d.client.InFlight:
		return "in flight is miscounted"
	case waiting+d.answered.Len()+d.reused.Len() != len(d.byDigest):
		return "an exchange is in no list"
	case len(d.byDigest) > d.capacity:
		return "the memory exceeds its capacity"
	case len(d.slots) > len(d.byDigest):
		return "a slot outlives its exchanges"
	}
	return ""
}

func TestDUP4_KeptFromTheReply(t *testing.T) {
	d := newDesk(100)
	x, _, _ := d.ask(1, 1, 1)
	d.Pass(5 * time.Minute) // the phone rings
	if _, _, found := d.ask(1, 1, 1); found != claimInFlight {
		t.Fatalf("a waiting exchange is %d", found)
	}
	d.conclude(x, []byte("reply"))
	d.Pass(retention - time.Second)
	if y, _, found := d.ask(1, 1, 1); found != claimAnswered || y != x {
		t.Errorf("after 29 s it is %d", found)
	}
	d.Pass(time.Second)
	if _, _, found := d.ask(1, 1, 1); found != claimFresh {
		t.Errorf("after 30 s it is %d", found)
	}
	if why := d.sound(); why != "" {
		t.Error(why)
	}
}

func TestDUP7_FullDropsTheNewAndKeepsThePending(t *testing.T) {
	d := newDesk(10)
	var pending []*exchange
	for id := range byte(5) {
		x, _, _ := d.ask(1, id, 0)
		pending = append(pending, x)
	}
	if _, _, found := d.ask(1, 99, 0); found != claimClientFull {
		t.Errorf("ADM-3: more than the client's share is %d", found)
	}
	d.client = stranger()
	for id := range byte(5) {
		x, _, _ := d.ask(2, id, 0)
		d.conclude(x, nil)
	}
	if _, _, found := d.ask(2, 99, 0); found != claimFull {
		t.Errorf("a full memory is %d", found)
	}
	d.Pass(leastMemory)
	if _, _, found := d.ask(2, 99, 0); found != claimFresh {
		t.Errorf("an old reply makes no room: %d", found)
	}
	if _, _, found := d.ask(2, 99, 1); found != claimFresh {
		t.Errorf("a second old reply makes no room: %d", found)
	}
	for _, x := range pending {
		if d.byDigest[x.digest] != x {
			t.Fatal("a waiting exchange was forgotten")
		}
	}
}

func TestReusedIdentifiersStayBounded(t *testing.T) {
	d := newDesk(1 << 20)
	var first *exchange
	const rounds = 256 * 200
	for i := range rounds {
		x, _, found := d.ask(uint16(i>>16+1), byte(i), byte(i>>8))
		if found != claimFresh {
			t.Fatalf("round %d is %d", i, found)
		}
		if first == nil {
			first = x
		}
		d.conclude(x, nil)
	}
	if got := len(d.byDigest); got > mostReused+256 {
		t.Errorf("%d exchanges are remembered", got)
	}
	if d.byDigest[first.digest] != nil {
		t.Error("the oldest of the reused is still there")
	}
	if why := d.sound(); why != "" {
		t.Error(why)
	}
}

func TestClaims_AnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(24)
		var waiting []*exchange
		t.Repeat(map[string]func(*rapid.T){
			"ask": func(t *rapid.T) {
				x, replaces, found := d.ask(1, rapid.ByteRange(0, 3).Draw(t, "id"), rapid.ByteRange(0, 9).Draw(t, "serial"))
				if found == claimFresh {
					waiting = append(waiting, x)
				}
				mustHold(t, waiting, replaces)
			},
			"end": func(t *rapid.T) {
				if len(waiting) == 0 {
					return
				}
				i := rapid.IntRange(0, len(waiting)-1).Draw(t, "which")
				if rapid.Bool().Draw(t, "answered") {
					d.conclude(waiting[i], nil)
				}
				d.forget(waiting[i]) // where it is answered, a second end is none
				waiting = append(waiting[:i:i], waiting[i+1:]...)
			},
			"wait": func(t *rapid.T) {
				d.Pass(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
			},
			"": func(t *rapid.T) {
				if why := d.sound(); why != "" {
					t.Fatal(why)
				}
			},
		})
	})
}

func mustHold(t *rapid.T, waiting []*exchange, ids []uint64) {
	for _, id := range ids {
		if !slices.ContainsFunc(waiting, func(x *exchange) bool { return x.id == id }) {
			t.Fatal("an exchange that does not wait is replaced")
		}
	}
}

func TestDigest(t *testing.T) {
	k, other := &socket{}, &socket{index: 1}
	from, elsewhere := netip.MustParseAddrPort("127.0.0.1:9"), netip.MustParseAddrPort("127.0.0.1:10")
	packet := bytes.Repeat([]byte{7}, 4096)
	twin := bytes.Clone(packet)
	twin[4095] ^= 1
	names := map[digest]bool{
		digestOf(k, from, packet): true, digestOf(other, from, packet): true,
		digestOf(k, elsewhere, packet): true, digestOf(k, from, twin): true,
	}
	if len(names) != 4 || !names[digestOf(k, from, bytes.Clone(packet))] {
		t.Error("exchanges are mixed up")
	}
}

func TestDrops_AtMostOneLineASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := logrus.New()
		log.SetOutput(&out)
		d := newDrops(log, time.Now)
		text := func() string {
			d.mu.Lock()
			defer d.mu.Unlock()
			return out.String()
		}
		from := netip.MustParseAddr("192.0.2.1")
		for range 1000 {
			d.drop(unknownClient, from, remedy.Hint{})
		}
		d.drop(badAuthenticator, from, remedy.Hint{Advice: remedy.WrongSecret, Client: "vpn", Address: from})
		if got := strings.Count(text(), "\n"); got != 1 {
			t.Errorf("%d lines at once", got)
		}
		time.Sleep(lineEvery) //nolint:forbidigo // synctest's time
		synctest.Wait()
		got := text()
		if strings.Count(got, "\n") != 2 || !strings.Contains(got, "unknown_client=999") || !strings.Contains(got, "secret differs") || !strings.Contains(got, "compare the client's secrets") {
			t.Errorf("after a second the log is %s", got)
		}
		d.drop(queueFull, from, remedy.Hint{})
		d.close() // writes what is left
		if !strings.Contains(text(), "queue_full=1") {
			t.Errorf("at the end the log is %s", text())
		}
		d.drop(queueFull, from, remedy.Hint{})
		if strings.Contains(text(), "queue_full=2") || d.all()["queue_full"] != 2 {
			t.Error("a drop after the end is logged, or not counted")
		}
	})
}

func TestCountersHaveNames(t *testing.T) {
	d := newDrops(nil, time.Now)
	if got := len(d.names); got != int(causeCount) {
		t.Fatalf("%d names for %d causes", got, causeCount)
	}
	if d.names[loggedCauses] != "|" || d.names[panics] != "panics" || d.names[accountingAnswered] != "accounting_answered" {
		t.Error("names and causes are out of step")
	}
}

func TestADM3_FullQueueDrops(t *testing.T) {
	s := &Server{queue: make(chan *datagram, 1)}
	tab, _ := client.NewTable([]ClientSettings{{Name: "vpn", Networks: []string{"127.0.0.1"}}}, nil)
	s.table.Store(tab)
	d := &datagram{source: netip.MustParseAddrPort("127.0.0.1:9")}
	if got := s.admit(d); got != sound {
		t.Errorf("the first is %d", got)
	}
	if got := s.admit(d); got != queueFull {
		t.Errorf("the second is %d", got)
	}
	if got := s.admit(&datagram{source: netip.MustParseAddrPort("127.0.0.1:0")}); got != invalidSource {
		t.Errorf("source port 0 is %d", got)
	}
}

func TestDelayIsBounded(t *testing.T) {
	s := &Server{delayed: newDelayed(), drops: newDrops(quietLog(), time.Now)}
	for range mostDelayed {
		s.delayed.held[&exchange{}] = rejection{}
	}
	if s.hold(&exchange{}, nil, time.Hour) || s.drops.all()["delay_full"] != 1 {
		t.Error("more is held back than may be")
	}
}

func quietLog() logrus.FieldLogger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}
