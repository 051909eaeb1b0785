package sharing

import (
	"io"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/auth/naming"
	"ivalt-radius/state/cluster"
)

// looped is an engine whose feed tells the node itself, as if another one had told it a while ago.
type looped struct {
	*engine
	follows map[string]func(cluster.Heard)
	age     time.Duration
	told    int // octets
}

func (l *looped) Feed() cluster.Feed                               { return l }
func (l *looped) Current() bool                                    { return true }
func (l *looped) Follow(kind string, follow func(h cluster.Heard)) { l.follows[kind] = follow }
func (l *looped) Tell(kind string, payload []byte) {
	l.told += len(payload)
	l.follows[kind](cluster.Heard{Kind: kind, Node: "b", At: time.Now().Add(-l.age), Payload: payload})
}

// TestOpened: what another node leads is known as long as its answer may still leave, and what cannot be read is nothing.
func TestOpened(t *testing.T) {
	log := logrus.New()
	log.SetOutput(io.Discard)
	l := &looped{engine: newEngine(), follows: map[string]func(cluster.Heard){}}
	n := &Sharing{deps: Deps{Log: log}.complete(), engine: l}
	o := n.Opened()
	one, late, unread := naming.Digest{1, 255}, naming.Digest{2}, naming.Digest{3}
	o.Lead(one, time.Now().Add(time.Minute))
	if !o.Has(one) || o.Has(naming.Digest{1}) {
		t.Error("the attempt is not known, or another one is")
	}
	if l.told > 80 {
		t.Errorf("%d octets for an attempt", l.told)
	}
	l.age = time.Hour
	o.Lead(late, time.Now().Add(time.Minute))
	o.Lead(unread, time.Now().Add(1000*time.Hour))
	for _, text := range []string{"", "{", `{"key":"AAAA","life_ms":9000000}`, `{"key":[3],"life_ms":9000000}`} {
		l.Tell("opened", []byte(text))
	}
	if o.Has(late) || o.Has(unread) || o.keys.Len() != 1 {
		t.Errorf("%d attempts are known, and one can be", o.keys.Len())
	}
}
