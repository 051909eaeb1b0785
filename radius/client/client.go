package client

import (
	"net/netip"

	"golang.org/x/time/rate"

	"ivalt-radius/auth"
	"ivalt-radius/radius/wire"
)

// Policy is `clients[].message_authenticator`: what becomes of a request without Message-Authenticator.
type Policy uint8

// The policies. The zero Policy is the strictest.
const (
	Required Policy = iota // it is dropped
	Auto                   // it is dropped once its address has shown that it signs
	Optional               // it is taken
)

// Client is one configured peer. It is never changed once it is in a Table, and safe for concurrent use; what changes is in
// its Standing. The zero Client has no key, so that nothing of it verifies.
type Client struct {
	Auth       auth.Client
	Keys       []*wire.Key // every secret verifies; the first is what an unsigned request is read with
	Policy     Policy
	Signature  wire.Signature // of replies
	JoinFreely bool           // join_without_calling_station

	IgnoreStatus   bool   // status_server: false
	DisconnectPort uint16 // of the NAS, for Disconnect-Requests; 0: it takes none
	EndsOverruns   bool   // sessions that go on behind their end are ended
	*Standing

	stations []station
}

// CallingStation finds the person's address in a packet: the first of the client's attributes that holds an address, else the
// first that holds a clean text; empty where none does. addr is the zero Addr unless the text is an address.
func (c *Client) CallingStation(p wire.Packet) (text string, addr netip.Addr) {
	return callingStation(p, c.stations)
}

// Standing is what a client keeps over a reload, by its name. NewStanding makes one.
type Standing struct {
	Status   *rate.Limiter // how often it may ask whether the server is there
	InFlight int           // exchanges that wait; whoever counts them guards it
}

// How often a client may ask whether the server is there.
const (
	statusPerSecond = 10
	statusBurst     = 20
)

// NewStanding is a client's standing before its first packet.
func NewStanding() *Standing {
	return &Standing{Status: rate.NewLimiter(statusPerSecond, statusBurst)}
}
