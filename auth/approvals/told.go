package approvals

import (
	"encoding/json"
	"errors"
	"time"

	"ivalt-radius/policy"
)

const (
	version  = 1
	mostTold = 4096      // octets of what one node tells
	mostName = 1024      // octets of a name in it
	toldFor  = time.Hour // what is older is told to nobody

	kept      = "keep"
	forgotten = "forget"
)

// told is one thing that a store tells the others. It has no time: clocks differ, and it is told when it happens.
type told struct {
	Version    int    `json:"v"`
	Kind       string `json:"k"`
	Person     string `json:"n"`
	Client     string `json:"c,omitempty"`
	Station    string `json:"s,omitempty"`
	Factor     string `json:"f,omitempty"`
	Credential []byte `json:"w,omitempty"`
	Phone      []byte `json:"p,omitempty"`
}

// tell tells the other nodes. The lock is not held.
func (s *Store) tell(t told) {
	if s.Tell == nil {
		return
	}
	t.Version = version
	if text, err := json.Marshal(t); err == nil && len(text) <= mostTold {
		s.Tell(text)
	}
}

var errTold = errors.New("what another node remembers of an approval cannot be read: do all nodes have the same version?")

// approval is what was kept, or an error where it names none.
func (t *told) approval(at time.Time) (a Approval, err error) {
	a = Approval{Client: t.Client, Station: t.Station, Factor: policy.Factor(t.Factor), At: at}
	switch {
	case t.Client == "" || t.Station == "" || len(t.Client)+len(t.Station) > mostName, len(t.Credential) != len(a.Credential), len(t.Phone) != len(a.Phone):
		return a, errTold
	}
	switch a.Factor {
	case policy.NoFactor, policy.FileFactor, policy.LDAPFactor, policy.RADIUSFactor:
	default:
		return a, errTold
	}
	copy(a.Credential[:], t.Credential)
	copy(a.Phone[:], t.Phone)
	if a.Phone == (Digest{}) {
		return a, errTold
	}
	return a, nil
}

// Apply takes what another node's store told (Tell) at a time of this node's clock: its approvals are as old as that. It tells nobody on. What was told
// before the person's approvals were taken back here keeps nothing; an hour later nothing is told any more. The error says that the
// payload cannot be read; nothing is applied then.
func (s *Store) Apply(at time.Time, payload []byte) error {
	var t told
	if len(payload) > mostTold || json.Unmarshal(payload, &t) != nil || t.Version != version || t.Person == "" || len(t.Person) > mostName {
		return errTold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch t.Kind {
	case forgotten:
		s.forget(t.Person, at)
		return nil
	case kept:
		a, err := t.approval(at)
		if err != nil {
			return err
		}
		if since, ok := s.forgotten.Get(t.Person); !ok || at.After(since) {
			s.keep(t.Person, a)
		}
		return nil
	}
	return errTold
}
