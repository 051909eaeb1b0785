package rule

import (
	"net/netip"
	"slices"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
)

// Kind is what a Sight is of.
type Kind uint8

// The kinds. The zero Kind is of nothing that any rule looks at.
const (
	Nothing Kind = iota
	Login        // a login's end
	Call         // a call to iVALT
	Notice       // a security or system event
	Drop         // a packet that radius dropped
	Kinds        // how many there are
)

// Sight is what there is to see of an event. Its texts come from the network: they are compared, never obeyed.
type Sight struct {
	Kind    Kind
	Word    string // a login's reason, a call's class, a notice's event, a drop's cause
	Verdict string // a login's
	Asks    bool   // a login's rule asks for a push
	Pushed  bool   // a login's push was approved

	User    string
	Client  string
	Station string     // the calling station
	Address netip.Addr // that as an address, or a drop's source; the zero Addr where it is none

	Took time.Duration // a call's
}

// Of is what there is to see of an audit event.
func Of(e audit.Event) Sight {
	switch e := e.(type) {
	case audit.Attempt:
		return login(&e)
	case *audit.Attempt:
		return login(e)
	case audit.APICall:
		return Sight{Kind: Call, Word: e.Class, Took: e.Duration}
	case *audit.APICall:
		return Sight{Kind: Call, Word: e.Class, Took: e.Duration}
	case audit.Security:
		return notice(&e)
	case *audit.Security:
		return notice(e)
	case audit.System:
		return Sight{Kind: Notice, Word: e.Event}
	case *audit.System:
		return Sight{Kind: Notice, Word: e.Event}
	}
	return Sight{}
}

// Concerns reports that an event is of a kind that rules look at. It costs a comparison.
func Concerns(e audit.Event) bool {
	switch e.(type) {
	case audit.Attempt, *audit.Attempt, audit.APICall, *audit.APICall, audit.Security, *audit.Security, audit.System, *audit.System:
		return true
	}
	return false
}

func login(e *audit.Attempt) Sight {
	return Sight{
		Kind: Login, Word: e.Reason, Verdict: e.Verdict, Asks: e.Decision == "require_push", Pushed: slices.Contains(e.Factors, "push"),
		User: e.User, Client: e.Client, Station: e.CallingStation, Address: guard.AddressOf(e.CallingStation),
	}
}

func notice(e *audit.Security) Sight {
	return Sight{
		Kind: Notice, Word: e.Event, User: e.User, Client: e.Client, Station: e.CallingStation, Address: guard.AddressOf(e.CallingStation),
	}
}

// OfDrop is what there is to see of a packet that radius dropped.
func OfDrop(cause, client string, from netip.Addr) Sight {
	return Sight{Kind: Drop, Word: cause, Client: client, Address: from.Unmap().WithZone("")}
}

// person is the person as a subject; ok is false where none is named.
func (s *Sight) person() (subject guard.Subject, ok bool) {
	return guard.Subject{User: s.User}, s.User != ""
}

// place is where a login came from as a subject; ok is false where that is unknown.
func (s *Sight) place() (subject guard.Subject, ok bool) {
	if s.Address.IsValid() {
		return guard.Subject{Address: guard.Network(s.Address).Addr()}, true
	}
	return guard.Subject{Station: s.Station}, s.Station != ""
}
