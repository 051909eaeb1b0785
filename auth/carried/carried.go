package carried

import (
	"cmp"
	"crypto/sha256"
	"net/netip"
	"time"

	"ivalt-radius/auth/reason"
)

// Datagram is a packet as it came in.
type Datagram struct {
	Socket   netip.AddrPort `json:"socket"` // the address of the socket that it came in by
	Source   netip.AddrPort `json:"source"`
	Local    netip.Addr     `json:"local"` // the address that was asked, on a wildcard socket
	Received time.Time      `json:"received"`
	Octets   []byte         `json:"octets"`
}

// Attempt is a login that waits. Its exchanges are judged anew, and find it by its key.
type Attempt struct {
	Key      []byte    `json:"key"` // of sha256.Size octets
	ID       string    `json:"id"`
	Push     string    `json:"push,omitempty"` // the attempt that its push rings for
	First    time.Time `json:"first"`
	Until    time.Time `json:"until"` // nobody waits for it any more
	Renews   string    `json:"renews,omitempty"`
	Number   string    `json:"number,omitempty"` // that the push shows
	Rang     bool      `json:"rang"`             // its push left, or may have: the gate has let it ring
	Owing    bool      `json:"owing"`            // the gate waits for its end
	Familiar bool      `json:"familiar"`
}

// Rings is what the push shows and the attempt that it rings for; of an attempt that has none yet, or of a nil one, those of a new push.
func (a *Attempt) Rings(number, id string) (string, string) {
	if a == nil {
		return number, id
	}
	return cmp.Or(a.Number, number), cmp.Or(a.Push, id)
}

// Accept is an Access-Accept that may still be joined.
type Accept struct {
	Key      []byte    `json:"key"`
	ID       string    `json:"id"`
	First    time.Time `json:"first"`
	Joinable time.Time `json:"joinable"` // until when
	Reason   string    `json:"reason"`
	Until    time.Time `json:"until"` // the session must end by then; zero: no end
}

// Bound is an Accept as a process can have left it, joinable no longer than that; false where it is none, or nobody may join it any more.
func (a Accept) Bound(now time.Time, most time.Duration) (Accept, bool) {
	if why := reason.Of(a.Reason); why != reason.Approved && why != reason.Remembered && why != reason.Exempt {
		return Accept{}, false
	}
	if !now.Before(a.Joinable) {
		return Accept{}, false
	}
	if last := now.Add(most); a.Joinable.After(last) {
		a.Joinable = last
	}
	if a.First.After(now) {
		a.First = now
	}
	return a, true
}

// Lapsed is an attempt that nobody answered in time, and whose late approval may still count.
type Lapsed struct {
	Key   []byte    `json:"key"`
	ID    string    `json:"id"`
	Until time.Time `json:"until"`
}

// Question is an Access-Challenge that waits for its answer. The login that put it is judged anew, from its first packet.
type Question struct {
	Attempt

	Packet  Datagram  `json:"packet"`  // the login's first
	State   string    `json:"state"`   // of the challenge
	Message string    `json:"message"` // that the person reads
	Ends    time.Time `json:"ends"`    // of the whole login
	Wrong   int       `json:"wrong"`   // answers before this question that chose no phone
	Chosen  int       `json:"chosen"`  // the phone, counted from 1; 0: none was chosen
}

// Logins are all of them. Secret is the key of all digests; empty where the nodes of a cluster share one.
type Logins struct {
	Secret    []byte     `json:"secret,omitempty"`
	Attempts  []Attempt  `json:"attempts"`
	Accepts   []Accept   `json:"accepts"`
	Lapsed    []Lapsed   `json:"lapsed"`
	Questions []Question `json:"questions"`
}

// Key is a digest as the tables have it; false where it is none.
func Key(text []byte) (k [sha256.Size]byte, ok bool) {
	if len(text) != len(k) {
		return k, false
	}
	return [sha256.Size]byte(text), true
}
