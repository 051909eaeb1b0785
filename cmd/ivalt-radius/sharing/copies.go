package sharing

import (
	"encoding/json"
	"errors"
	"time"

	"ivalt-radius/auth/naming"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

// Teller tells the other nodes something of a kind, and never waits; nil: there are none.
func (n *Sharing) Teller(kind string) func([]byte) {
	if n == nil {
		return nil
	}
	feed := n.engine.Feed()
	return func(payload []byte) { feed.Tell(kind, payload) }
}

// Follow has apply told what the other nodes tell of a kind, and how long ago they did. What it cannot read is counted and said now and then. It comes
// before Start.
func (n *Sharing) Follow(kind string, apply func(node string, age time.Duration, payload []byte) error) {
	if n == nil {
		return
	}
	n.engine.Follow(kind, func(h cluster.Heard) {
		age := max(0, n.engine.Time().Sub(h.At))
		if err := apply(plain(h.Node), age, h.Payload); err != nil {
			n.misheard(kind, err)
		}
	})
}

// misheard says, once in a while, that a node tells what this one cannot read.
func (n *Sharing) misheard(kind string, err error) {
	n.mu.Lock()
	now := n.deps.Now()
	said := now.Sub(n.said) < shoutEvery
	if !said {
		n.said = now
	}
	n.mu.Unlock()
	if !said {
		n.deps.Log.WithError(err).WithField("kind", kind).Warn("what another node tells cannot be read: do all nodes have the same version?")
	}
}

// Table is a table that all nodes have, of which r is this node's copy; nil: this node is alone. It comes before Start.
func (n *Sharing) Table(name string, r cluster.Replica) cluster.Table {
	if n == nil {
		return nil
	}
	return n.engine.Table(name, r)
}

// Current reports that this node has heard what the others told; nil: there are none.
func (n *Sharing) Current() func() bool {
	if n == nil {
		return nil
	}
	return n.engine.Feed().Current
}

// Names name a login, the same at all nodes; nil: this node is alone.
func (n *Sharing) Names() *naming.Names {
	if n == nil {
		return nil
	}
	return naming.Keyed(n.names)
}

// mostOpened bounds the attempts of other nodes that are known here. It is a hint: where one is missing, a copy of its login counts at the gate.
const mostOpened = 1 << 16

var errOpened = errors.New("what another node tells of an attempt names none")

// opened is what a node tells of an attempt that it leads.
type opened struct {
	Key  []byte `json:"key"`
	Life int64  `json:"life_ms"`
}

// Opened are the attempts that other nodes lead.
type Opened struct {
	tell func([]byte)
	keys *state.Cache[struct{}]
}

// Opened tells the others which attempts this node leads, and knows theirs; nil: there are none. It comes before Start, and once.
func (n *Sharing) Opened() *Opened {
	if n == nil {
		return nil
	}
	o := &Opened{tell: n.Teller("opened"), keys: state.NewCache[struct{}](0, mostOpened)}
	n.Follow("opened", func(_ string, age time.Duration, payload []byte) error {
		var told opened
		if err := json.Unmarshal(payload, &told); err != nil {
			return err //nolint:wrapcheck // misheard says what it is about
		}
		if len(told.Key) != len(naming.Digest{}) {
			return errOpened
		}
		if left := time.Duration(told.Life)*time.Millisecond - age; left > 0 && left <= cluster.Longest {
			o.keys.SetFor(string(told.Key), struct{}{}, left)
		}
		return nil
	})
	return o
}

// Lead tells the others of an attempt, and until when its answer must leave.
func (o *Opened) Lead(key naming.Digest, until time.Time) {
	if text, err := json.Marshal(opened{Key: key[:], Life: time.Until(until).Milliseconds()}); err == nil {
		o.tell(text)
	}
}

// Has reports that another node leads an attempt with this key.
func (o *Opened) Has(key naming.Digest) bool {
	_, has := o.keys.Get(string(key[:]))
	return has
}
