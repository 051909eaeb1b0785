package clientele

import (
	"fmt"

	"ivalt-radius/admin/page/phrase"
	"ivalt-radius/admin/view"
)

// Overview is all that is known of the clients.
type Overview struct {
	Clients   []Client        `json:"clients"`
	Strangers []view.Stranger `json:"strangers"`
}

// Client is one client of the settings.
type Client struct {
	view.Client

	Addresses []Address `json:"addresses"`
}

// Address is one address of a client.
type Address struct{ view.ClientAddress }

// Means is the state in a few words.
func (a *Address) Means() string {
	switch a.State {
	case view.Enforced:
		return "what comes without Message-Authenticator is dropped"
	case view.Ready:
		return "all of its latest requests were signed: enforce it now"
	case view.Observe:
	}
	return "it may still send requests without Message-Authenticator"
}

// Because says by what it is enforced.
func (a *Address) Because() []string {
	var out []string
	for _, by := range a.By {
		switch by {
		case view.BySetting:
			out = append(out, "by the setting")
		case view.ByLearning:
			out = append(out, "learned")
		case view.ByHand:
			out = append(out, "by hand")
		case view.ByHandForAll:
			out = append(out, "by hand, for the whole client")
		}
	}
	return out
}

// Enforceable reports that an address can be enforced by hand.
func (a *Address) Enforceable() bool { return a.State != view.Enforced }

// Forgettable reports that there is something to forget of the address itself.
func (a *Address) Forgettable() bool { return a.Has(view.ByLearning) || a.Has(view.ByHand) }

// Standing says what was seen of its signatures.
func (a *Address) Standing() string {
	text := phrase.Plain(a.Address.String()) + ": "
	if a.Signed.Count+a.Unsigned.Count == 0 {
		return text + "no request was seen"
	}
	text += phrase.Number(a.InRow) + " with Message-Authenticator in a row"
	if a.Unsigned.Count > 0 {
		text += fmt.Sprintf("; %s came without it, the last at %s", phrase.Number(a.Unsigned.Count), phrase.When(a.Unsigned.Last))
	}
	return text
}

// Readiness says what was seen of an address, or of every address of a client where it is empty, and whether force is to be offered, since
// enforcing would refuse what comes now. A client that is not there has none.
func (o *Overview) Readiness(client, address string) (facts []string, offer bool) {
	for i := range o.Clients {
		if o.Clients[i].Name != client {
			continue
		}
		for j := range o.Clients[i].Addresses {
			a := &o.Clients[i].Addresses[j]
			if address != "" && a.Address.String() != address {
				continue
			}
			ready := "ready"
			switch a.State {
			case view.Observe:
				ready, offer = "not ready", true
			case view.Enforced:
				ready = "enforced already"
			case view.Ready:
			}
			facts = append(facts, a.Standing()+" ("+ready+")")
		}
		if facts == nil {
			return []string{"No request was seen of any address that this is about."}, true
		}
	}
	return facts, offer
}
