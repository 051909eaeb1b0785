package clienting

import (
	"fmt"
	"io"
	"strings"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/output"
)

// row prints a name and what it is.
func row(w io.Writer, name, format string, args ...any) {
	_, _ = fmt.Fprintf(w, "  %-22s %s\n", name, fmt.Sprintf(format, args...))
}

// printText prints all clients, and who else asks.
func printText(w io.Writer, o view.Clients) {
	for i := range o.Clients {
		printClient(w, &o.Clients[i])
	}
	if len(o.Strangers) > 0 {
		_, _ = fmt.Fprintln(w, "addresses that no client has, of late")
	}
	for _, s := range o.Strangers {
		row(w, s.Address.String(), "%s, the last at %s", packets(s.Packets), output.Moment(s.Last))
	}
}

func printClient(w io.Writer, c *view.Client) {
	_, _ = fmt.Fprintln(w, c.Name)
	row(w, "networks", "%s", strings.Join(c.Networks, ", "))
	row(w, "message_authenticator", "%s", c.MessageAuthenticator)
	if c.Enforced {
		row(w, "must send it", "every address, by hand")
	}
	for i := range c.Addresses {
		if a := &c.Addresses[i]; a.Has(view.ByLearning) || a.Has(view.ByHand) {
			row(w, "must send it", "%s", a.Address)
		}
	}
	row(w, "methods", "%s", strings.Join(c.Methods, ", "))
	row(w, "first factor", "%s", c.FirstFactor)
	within := seconds(time.Duration(c.AnswerWithinMS) * time.Millisecond)
	if c.Profile != "" {
		within += fmt.Sprintf(" (profile %s: %s)", c.Profile, seconds(time.Duration(c.ProfileAnswerWithinMS)*time.Millisecond))
	}
	row(w, "answer_within", "%s", within)
	for _, s := range c.Secrets {
		row(w, "secret", "%s: %s", s.Key[strings.LastIndexByte(s.Key, '.')+1:], age(s))
	}
	if len(c.Secrets) == 0 {
		row(w, "secret", "not readable here: ask as the server's user")
	}
	for i := range c.Addresses {
		printAddress(w, &c.Addresses[i])
	}
}

// age is a secret's as a person reads it.
func age(s view.SecretAge) string {
	switch {
	case s.FirstSeen == nil:
		return "not seen by a server yet"
	case s.Old:
		return count.Of(s.AgeDays, "day") + " old: change it"
	}
	return count.Of(s.AgeDays, "day") + " old"
}

func printAddress(w io.Writer, a *view.ClientAddress) {
	last := "not yet"
	if !a.LastSeen.IsZero() {
		last = output.Moment(a.LastSeen)
	}
	row(w, a.Address.String(), "last seen %s", last)
	state := string(a.State)
	if len(a.By) > 0 {
		words := make([]string, len(a.By))
		for i, by := range a.By {
			words[i] = strings.ReplaceAll(string(by), "_", " ")
		}
		state += " (" + strings.Join(words, ", ") + ")"
	}
	row(w, "  state", "%s: %s with Message-Authenticator, %d without, %d refused", state, requests(a.Signed.Count), a.Unsigned.Count, a.Refused.Count)
	if a.Forged.Count > 0 {
		row(w, "  bad signature", "%s, the last at %s", packets(a.Forged.Count), output.Moment(a.Forged.Last))
	}
	row(w, "  logins", "%d accepted, %d rejected, %d challenged, %d unanswered, %d waiting", a.Accepted, a.Rejected, a.Challenged, a.Unanswered, a.Waiting)
	if a.IntervalLogins > 0 {
		row(w, "  asks again every", "%s (seen in %s)", seconds(time.Duration(a.IntervalMS)*time.Millisecond), count.Of(a.IntervalLogins, "login"))
	}
	if a.PatienceLogins > 0 {
		row(w, "  gives up after", "%s (seen in %s)", seconds(time.Duration(a.PatienceMS)*time.Millisecond), count.Of(a.PatienceLogins, "login"))
	}
	if a.Approvals > 0 {
		row(w, "  approvals too late", "%s of the last %d", percent(a.LateShare), a.Approvals)
	}
	if a.Advice != "" {
		row(w, "  advice", "%s", a.Advice)
	}
}

func packets(n uint64) string { return count.Of(int(n), "packet") } //nolint:gosec // a count

func requests(n uint64) string { return count.Of(int(n), "request") } //nolint:gosec // a count
