package explaining

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/auth/judgement"
	"ivalt-radius/auth/rewrite"
	"ivalt-radius/config"
	"ivalt-radius/policy"
	"ivalt-radius/radius"
)

// Rules are what a login is decided by: those that are in force, or those of a file.
type Rules struct {
	Settings  *config.Settings
	Policy    *policy.Policy
	Rewrite   rewrite.Rules
	Directory auth.Directory
}

// question is what `explain` is asked.
type question struct {
	user, clientName, station, at string
}

// client finds the client by its name.
func (q question) client(s *config.Settings) (config.Client, error) {
	i := slices.IndexFunc(s.Clients, func(c config.Client) bool { return c.Name == q.clientName })
	if i < 0 {
		return config.Client{}, fmt.Errorf("--client: the settings have no client %q", q.clientName)
	}
	return s.Clients[i], nil
}

// facts reads what was asked; the person comes later.
func (q question) facts() (policy.Facts, error) {
	f := policy.Facts{Client: q.clientName, At: time.Now()}
	if q.station != "" {
		addr, err := netip.ParseAddr(q.station)
		if err != nil {
			return f, fmt.Errorf("--calling-station: %q is no IP address", q.station)
		}
		f.CallingStation = addr.Unmap()
	}
	if q.at != "" {
		at, err := time.Parse(time.RFC3339, q.at)
		if err != nil {
			return f, fmt.Errorf("--at: %q is no time such as 2026-12-24T18:00:00+01:00", q.at)
		}
		f.At = at
	}
	return f, nil
}

// leastSession is the shortest time left of a window that a login is let into.
const leastSession = time.Second

// said is what a login would come to.
type said struct {
	action policy.Action
	reason string // of a denial; empty: there is none
}

// explain prints the story, and says how it ends. The error is a directory's that does not say who the person is, or the writer's.
func (r Rules) explain(ctx context.Context, out io.Writer, typed string, facts policy.Facts) (said, error) {
	user, err := r.name(out, typed)
	if err != nil {
		printRow(out, "decision", fmt.Sprintf("deny (%v)", auth.BadRequest))
		return said{policy.Deny, auth.BadRequest.String()}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	person, err := r.Directory.Person(ctx, user)
	if err != nil {
		reason := unasked(err)
		printRow(out, "decision", fmt.Sprintf("deny (%v)", reason))
		return said{policy.Deny, reason.String()}, fmt.Errorf("asking the directory: %w", err)
	}
	facts.User, facts.Groups, facts.Reply = user.String(), person.Groups, person.Reply
	printPerson(out, r.Settings, user, person)
	trace := r.Policy.Explain(facts)
	if listed := person.Name.String(); listed != "" && listed != facts.User {
		printRow(out, "listed as", fmt.Sprintf("%q; rules are asked about both names: the stricter word counts, else the listed name's rule", listed))
		d := judgement.Of(r.Policy, facts, listed)
		facts.User = listed
		if other := r.Policy.Explain(facts); other.Decision.Rule == d.Rule {
			trace = other
		}
		trace.Decision.Until = d.Until
	}
	d := &trace.Decision
	closing := d.Action != policy.Deny && !d.Until.IsZero() && d.Until.Sub(facts.At) < leastSession
	if closing {
		*d = policy.Decision{Action: policy.Deny, Denial: policy.ByHours, Rule: d.Rule}
	}
	if _, err := trace.WriteTo(out); err != nil {
		return said{}, fmt.Errorf("printing: %w", err)
	}
	reason, why := r.denies(trace, person, closing)
	if reason == "" {
		return said{action: d.Action}, nil
	}
	printRow(out, "reason", reason+why)
	return said{policy.Deny, reason}, nil
}

// denies is the reason of a login that does not come to its end, and more words; empty: it does. closing: too little is left of its window.
func (r Rules) denies(trace policy.Trace, person auth.Person, closing bool) (reason, why string) {
	d := trace.Decision
	unfit := slices.ContainsFunc(trace.Reply, func(a policy.ReplyTrace) bool { return a.Failed != nil })
	switch {
	case closing:
		return auth.OutsideHours.String(), " (less than 1 s of the window is left)"
	case d.Action == policy.Deny:
		return judgement.ReasonOf(d.Denial).String(), ""
	case d.Action == policy.RequirePush && person.Email.Empty() && person.Mobile.Empty() && !boundFirst(r.Settings):
		return auth.UnknownUser.String(), " (neither e-mail nor mobile is known, so iVALT cannot be asked)"
	case d.Action != policy.Deny && unfit:
		return auth.MisconfiguredReason.String(), " (the reply cannot be made)"
	}
	return "", ""
}

// unasked is the reason of a login whose directory does not say who the person is.
func unasked(err error) auth.Reason {
	switch {
	case errors.Is(err, auth.ErrMisconfigured):
		return auth.MisconfiguredReason
	case errors.Is(err, auth.ErrBusy):
		return auth.Busy
	}
	return auth.Unavailable
}

// printRow prints as policy's Trace does, which follows.
func printRow(w io.Writer, name, value string) { _, _ = fmt.Fprintf(w, "%-17s%s\n", name, value) }

// printClient shows how long the NAS waits and what its people show first, and why.
func printClient(w io.Writer, s *config.Settings, c config.Client) {
	within, source := 60*time.Second, "the default"
	for _, p := range radius.Profiles() {
		if p.Name == c.Profile {
			within, source = p.AnswerWithin, "its profile's, "+p.Name
		}
	}
	if c.AnswerWithin != 0 {
		within, source = c.AnswerWithin, "set; its profile is "+cmp.Or(c.Profile, "none")
	}
	printRow(w, "NAS", fmt.Sprintf("waits %s in all (answer_within: %s)", within, source))
	factor, key := c.Primary, "the client's primary"
	if factor == "" {
		factor, key = s.Primary.Method, "primary.method"
	}
	printRow(w, "factor", fmt.Sprintf("%s (%s), where no rule names another", factor, key))
	if c.Challenge == "choose" || c.Challenge == "approve" {
		printRow(w, "challenge", c.Challenge)
	}
}

// askWithin bounds the directory's answer.
const askWithin = 15 * time.Second

// name shows what the name becomes, step by step.
func (r Rules) name(w io.Writer, typed string) (auth.Username, error) {
	user, err := auth.ParseUsername(typed)
	if err != nil {
		printRow(w, "name", fmt.Sprintf("%q: %v", typed, err))
		return user, err
	}
	printRow(w, "name", fmt.Sprintf("%q", typed))
	printRow(w, "canonical", fmt.Sprintf("%q", user.String()))
	for i, step := range r.Rewrite.Steps(user) {
		words := "not met"
		switch {
		case step.Err != nil:
			words = "names nobody: the login ends here"
		case step.Met:
			words = fmt.Sprintf("%q", step.After.String())
		}
		printRow(w, fmt.Sprintf("rewrite %d", i+1), fmt.Sprintf("%#q: %s", step.From, words))
		if user, err = step.After, step.Err; err != nil {
			return user, err
		}
	}
	printRow(w, "counts as", fmt.Sprintf("%q (local part %q)", user.String(), user.Local()))
	return user, nil
}

// printPerson shows who the person is. Phone and e-mail are masked here as everywhere.
func printPerson(w io.Writer, s *config.Settings, u auth.Username, p auth.Person) {
	email, phone := maskEmail(p.Email.Reveal())+" ("+emailSource(s, u, p)+")", "looked up at iVALT by e-mail"
	if p.Email.Empty() {
		email, phone = "none: users.email makes none of this name", "unknown: no e-mail: the login ends unknown_user"
		if boundFirst(s) {
			phone = "unknown before the password is checked"
		}
	}
	if !p.Mobile.Empty() {
		phone = p.Mobile.String()
		for _, other := range p.Phones[min(1, len(p.Phones)):] {
			phone += ", " + other.String()
		}
	}
	switch {
	case p.Handle != "":
		printRow(w, "found as", fmt.Sprintf("%q", p.Handle))
	case boundFirst(s):
		printRow(w, "found as", "LDAP says only behind the person's own password who it is: e-mail and phones may be others than these")
	case len(s.Primary.LDAP.URLs) > 0:
		printRow(w, "found as", "nobody in LDAP: as a first factor it refuses every password")
	}
	printRow(w, "e-mail", email)
	printRow(w, "phone", phone)
}

// boundFirst reports that LDAP tells nothing of a person before their password is right.
func boundFirst(s *config.Settings) bool { return s.Primary.LDAP.UserDN != "" }

func emailSource(s *config.Settings, u auth.Username, p auth.Person) string {
	listed := slices.ContainsFunc(s.Users.People, func(e config.Person) bool {
		return !e.Email.Empty() && e.Email.Equal(p.Email)
	})
	switch {
	case listed:
		return "from users.file"
	case !p.EmailMade:
		return "from LDAP"
	case strings.Contains(u.String(), "@"):
		return "the name itself"
	}
	return "made by users.email"
}

// maskEmail keeps the first letter and the domain: enough to see a wrong template.
func maskEmail(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" {
		return "none"
	}
	return fmt.Sprintf("%.1s***@%s", local, domain)
}
