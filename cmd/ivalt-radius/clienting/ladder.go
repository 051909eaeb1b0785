package clienting

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/radius"
	"ivalt-radius/radius/sighting"
)

// rungs are all that enforce Message-Authenticator of an address.
func (m *Memory) rungs(setting string, p sighting.Peer) []view.Rung {
	out := []view.Rung{}
	key := radius.LearnedKey(p.Client, p.Address)
	for _, r := range []struct {
		is bool
		view.Rung
	}{
		{setting == "required", view.BySetting},
		{setting == "auto" && m.Learned.Has(key), view.ByLearning},
		{m.Enforced.Has(key), view.ByHand},
		{m.Enforced.Has(radius.EnforcedKey(p.Client)), view.ByHandForAll},
	} {
		if r.is {
			out = append(out, r.Rung)
		}
	}
	return out
}

func stateOf(by []view.Rung, s *sighting.Sighting) view.Signing {
	switch {
	case len(by) > 0:
		return view.Enforced
	case s.Ready():
		return view.Ready
	}
	return view.Observe
}

// Order is what somebody asks for by hand. The zero Address is every address of the client.
type Order struct {
	Client  string     `json:"client"`
	Address netip.Addr `json:"address,omitzero"`
	Reason  string     `json:"reason,omitempty"`
	Force   bool       `json:"force,omitempty"` // whether the state is ready or not
}

// target names what an order is about.
func (o Order) target() string {
	if !o.Address.IsValid() {
		return o.Client
	}
	return fmt.Sprintf("%s %s", o.Client, o.Address)
}

// key is the order's in what is enforced.
func (o Order) key() string {
	if !o.Address.IsValid() {
		return radius.EnforcedKey(o.Client)
	}
	return radius.LearnedKey(o.Client, o.Address)
}

// Committer keeps evidence; *audit.Trail is one.
type Committer interface {
	Commit(ctx context.Context, e audit.Event) error
}

// desk carries out what somebody asks for by hand.
type desk struct {
	settings *config.Settings
	memory   *Memory
	trail    Committer
}

// Outcome is what became of an order, in words for whoever gave it.
type Outcome struct {
	Said []string `json:"said"` // lines
}

// enforce has an address, or a client, send Message-Authenticator from now on.
func (d desk) enforce(ctx context.Context, actor string, o Order) (Outcome, error) {
	c, err := d.find(o)
	if err != nil {
		return Outcome{}, err
	}
	o.Reason = strings.TrimSpace(o.Reason)
	if err := guard.CheckReason(o.Reason); err != nil {
		return Outcome{}, fmt.Errorf("--reason: %w", err)
	}
	if d.memory.Enforced.Has(o.key()) {
		return Outcome{}, control.Refused(view.Conflicting, fmt.Errorf("%s must send Message-Authenticator by hand already: see ivalt-radius clients", o.target()))
	}
	detail := "must send Message-Authenticator: " + o.Reason
	if unready := d.unready(c, o); len(unready) > 0 {
		if !o.Force {
			return Outcome{}, control.Refused(view.Conflicting, fmt.Errorf("%s\nnothing was enforced: whatever comes without Message-Authenticator would be dropped; where that is meant, add --force", strings.Join(unready, "\n")))
		}
		detail += " (forced, though not ready)"
	}
	if err := d.commit(ctx, audit.Action{Action: "enforce_message_authenticator", Actor: actor, Target: o.target(), Detail: detail}); err != nil {
		return Outcome{}, err
	}
	if err := d.memory.enforce(o.key()); err != nil {
		return Outcome{}, control.Refused(view.Failed, err)
	}
	if !o.Address.IsValid() {
		return Outcome{[]string{fmt.Sprintf("%s: every address must send Message-Authenticator until ivalt-radius clients forget --client %s", o.Client, o.Client)}}, nil
	}
	return Outcome{[]string{fmt.Sprintf("%s: %s must send Message-Authenticator until ivalt-radius clients forget --client %s --address %s", o.Client, o.Address, o.Client, o.Address)}}, nil
}

// find is the client of an order, which must have its address.
func (d desk) find(o Order) (*config.Client, error) {
	i := slices.IndexFunc(d.settings.Clients, func(c config.Client) bool { return c.Name == o.Client })
	if i < 0 {
		return nil, control.Refused(view.Missing, fmt.Errorf("no client is called %q: see ivalt-radius clients", o.Client))
	}
	c := &d.settings.Clients[i]
	if o.Address.IsValid() && d.owner(o.Address) != c.Name {
		return nil, control.Refused(view.Missing, fmt.Errorf("the address %s is none of the client %q: its networks are %s, and the longest one that holds an address counts",
			o.Address, o.Client, strings.Join(texts(c.Networks), ", ")))
	}
	return c, nil
}

// owner is the client whose network holds the address, the longest one counts; empty: none.
func (d desk) owner(addr netip.Addr) string {
	name, longest := "", -1
	for i := range d.settings.Clients {
		for _, network := range d.settings.Clients[i].Networks {
			if network.Contains(addr) && network.Bits() > longest {
				name, longest = d.settings.Clients[i].Name, network.Bits()
			}
		}
	}
	return name
}

// unready says why an order would refuse requests that come now.
func (d desk) unready(c *config.Client, o Order) []string {
	if o.Address.IsValid() {
		s, _ := d.memory.Sightings.Find(sighting.PeerOf(o.Client, o.Address))
		return d.doubt(c, &s)
	}
	var out []string
	seen := false
	for _, s := range d.memory.Sightings.Sightings() {
		if s.Client == o.Client && s.Signed.Count+s.Unsigned.Count > 0 { // whatever else came is refused as it is
			seen = true
			out = append(out, d.doubt(c, &s)...)
		}
	}
	if !seen {
		return []string{fmt.Sprintf("%s: no request was seen of any address", o.Client)}
	}
	return out
}

// doubt says what was seen of an address that is not ready; one that is enforced already loses nothing.
func (d desk) doubt(c *config.Client, s *sighting.Sighting) []string {
	if stateOf(d.memory.rungs(c.MessageAuthenticator, s.Peer), s) != view.Observe {
		return nil
	}
	text := fmt.Sprintf("%s %s is not ready: ", s.Client, s.Address)
	if s.Signed.Count+s.Unsigned.Count == 0 {
		return []string{text + "no request was seen"}
	}
	text += fmt.Sprintf("%s with Message-Authenticator in a row over %s (%d over %d are needed)", count.Of(int(s.InRow), "request"), count.Of(int(s.InRowLogins), "login"), sighting.ReadyRequests, sighting.ReadyLogins) //nolint:gosec // counts
	if s.Unsigned.Count > 0 {
		text += fmt.Sprintf("; %d came without it, the last at %s", s.Unsigned.Count, output.Moment(s.Unsigned.Last))
	}
	return []string{text}
}

// forget lets an address, or a client, ask without Message-Authenticator again.
func (d desk) forget(ctx context.Context, actor string, o Order) (Outcome, error) {
	key, m := o.key(), d.memory
	detail := "may ask without Message-Authenticator again"
	if o.Reason = strings.TrimSpace(o.Reason); o.Reason != "" { // the command has none
		if err := guard.CheckReason(o.Reason); err != nil {
			return Outcome{}, fmt.Errorf("the reason: %w", err)
		}
		detail += ": " + o.Reason
	}
	switch {
	case m.Enforced.Has(key) || m.Learned.Has(key):
	case o.Address.IsValid():
		return Outcome{}, control.Refused(view.Missing, fmt.Errorf("the client %q has no address %s that must send Message-Authenticator: see ivalt-radius clients list", o.Client, o.Address))
	default:
		return Outcome{}, control.Refused(view.Missing, fmt.Errorf("the client %q as a whole need not send Message-Authenticator by hand: name an --address, see ivalt-radius clients list", o.Client))
	}
	if err := d.commit(ctx, audit.Action{
		Action: "forget_message_authenticator", Actor: actor, Target: o.target(), Detail: detail,
	}); err != nil {
		return Outcome{}, err
	}
	if err := errors.Join(lift(m.Enforced, key), lift(m.Learned, key)); err != nil { //nolint:contextcheck // it is done to its end, within a bound of its own
		return Outcome{}, control.Refused(view.Failed, err)
	}
	return Outcome{d.lifted(o)}, nil
}

// lifted says what holds from now on.
func (d desk) lifted(o Order) []string {
	setting := ""
	if i := slices.IndexFunc(d.settings.Clients, func(c config.Client) bool { return c.Name == o.Client }); i >= 0 {
		setting = d.settings.Clients[i].MessageAuthenticator
	}
	who := o.Client + ": "
	switch {
	case setting == "required":
		return []string{who + "message_authenticator is required, so that nobody may ask without it"}
	case !o.Address.IsValid():
		return []string{who + "an address may ask without Message-Authenticator, unless it is learned or enforced itself: see ivalt-radius clients list"}
	case d.memory.Enforced.Has(radius.EnforcedKey(o.Client)):
		return []string{who + "every address must send Message-Authenticator all the same until ivalt-radius clients forget --client " + o.Client}
	case setting == "optional":
		return []string{fmt.Sprintf("%s%s may ask without Message-Authenticator", who, o.Address)}
	}
	return []string{fmt.Sprintf("%s%s may ask without Message-Authenticator until it sends one again", who, o.Address)}
}

func (d desk) commit(ctx context.Context, a audit.Action) error {
	if err := d.trail.Commit(ctx, a); err != nil {
		return control.Refused(view.Unavailable, fmt.Errorf("keeping the evidence: %w", err))
	}
	return nil
}

func texts(networks []netip.Prefix) []string {
	out := make([]string, len(networks))
	for i, n := range networks {
		out[i] = n.String()
	}
	return out
}
