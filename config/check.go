package config

import (
	"net/netip"
	"strings"
	"time"

	"ivalt-radius/config/tree"
)

// patience is how long a NAS waits whose client says nothing and names no profile.
const patience = 60 * time.Second

// margin lies between the last moment of an approval and the end of the NAS's patience: the answer leaves 1 s before the end,
// the approval counts until 2 s before that.
const margin = 3 * time.Second

// check judges what the keys one by one cannot show.
func (l *loader) check(s *Settings) {
	l.listen(s)
	l.clients(s)
	l.patience(s)
	l.admin(s)
	l.cluster(s)
	l.sources(s)
	if s.State.Directory == "" {
		l.faults.Add("state.directory", "must not be empty")
	}
	if most := 200; len(s.Users.EnrolmentMessage) > most {
		l.faults.Add("users.enrolment_message", "has %d octets, and %d fit: shorten it", len(s.Users.EnrolmentMessage), most)
	}
	if s.IVALT.AllowMissingDetails {
		l.faults.Warn("ivalt.allow_missing_details", "an approval that does not say whose phone it came from counts")
	}
	if s.IVALT.Sentinel == "auto" {
		l.faults.Warn("ivalt.sentinel", "auto saves a poll, and an approval that the person gave another service a moment before may count: always is the safe choice")
	}
	if s.IVALT.Result == "consumed" {
		l.faults.Warn("ivalt.result", "consumed must be known, not guessed: where a read leaves results there after all, sentinel: auto counts an old approval again")
	}
	if s.IVALT.InsecureLateCredit > 0 {
		l.faults.Warn("ivalt.insecure_late_credit", "a late approval may be used by whoever sends the same name from the same place, within %s", s.IVALT.InsecureLateCredit)
	}
	if l.literals > 0 && l.mode&readableByOthers != 0 {
		l.faults.Warn("", "the file holds secrets and others can read it: chmod 600 %s", l.path)
	}
}

// listen refuses the same socket twice. Port 0 is a free one each time.
func (l *loader) listen(s *Settings) {
	seen := map[netip.AddrPort]string{}
	for _, sockets := range []struct {
		path      string
		addresses []netip.AddrPort
	}{{"listen.authentication", s.Listen.Authentication}, {"listen.accounting", s.Listen.Accounting}} {
		for i, at := range sockets.addresses {
			path := tree.Index(sockets.path, i)
			if other, ok := seen[at]; ok && at.Port() != 0 {
				l.faults.Add(path, "%s is the address of %s already", at, other)
			}
			seen[at] = path
		}
	}
}

func (l *loader) clients(s *Settings) {
	if len(s.Clients) == 0 {
		l.faults.Add("clients", "is required: name one client at least")
	}
	names, prefixes := map[string]string{}, map[netip.Prefix]string{}
	for i, c := range s.Clients {
		path := tree.Index("clients", i)
		l.unique(names, strings.ToLower(c.Name), path)
		for j, p := range c.Networks {
			at := tree.Index(tree.Join(path, "networks"), j)
			if other, ok := prefixes[p]; ok {
				l.faults.Add(at, "%s is a prefix of %s already", p, other)
				continue
			}
			prefixes[p] = path
			if p.Bits() == 0 {
				l.faults.Warn(at, "any address may ask as this client")
			}
		}
		l.weak(c, path)
		l.methods(c, path)
	}
}

func (l *loader) unique(seen map[string]string, name, path string) {
	if name == "" {
		return
	}
	if other, ok := seen[name]; ok {
		l.faults.Add(tree.Join(path, "name"), "is the name of %s already", other)
		return
	}
	seen[name] = path
}

func (l *loader) weak(c Client, path string) {
	if c.MessageAuthenticator == "optional" {
		l.faults.Warn(tree.Join(path, "message_authenticator"),
			"optional leaves this client open to forged answers (CVE-2024-3596, Blast-RADIUS): use auto or required")
	}
	if c.InsecureOmitMessageAuthenticator {
		l.faults.Warn(tree.Join(path, "insecure_omit_message_authenticator"),
			"answers without Message-Authenticator can be forged (CVE-2024-3596, Blast-RADIUS)")
	}
}

// patience warns of an approval time-out that a NAS is not patient enough for. The default gives way silently.
func (l *loader) patience(s *Settings) {
	if !l.places.Has("ivalt.approval_timeout") {
		return
	}
	least, name := time.Duration(0), ""
	for _, c := range s.Clients {
		wait := c.AnswerWithin
		if wait == 0 && c.Profile == "" {
			wait = patience
		}
		if wait != 0 && (least == 0 || wait < least) {
			least, name = wait, c.Name
		}
	}
	if most := least - margin; least != 0 && s.IVALT.ApprovalTimeout > most {
		l.faults.Warn("ivalt.approval_timeout", "is cut to %s for the client %s, which waits %s in all", tree.Short(most), name, tree.Short(least))
	}
}

// methods judges the words of insecure_methods; what checks them is known with the rules alone.
func (l *loader) methods(c Client, path string) {
	seen := map[string]bool{}
	for i, method := range c.InsecureMethods {
		at := tree.Index(tree.Join(path, "insecure_methods"), i)
		switch {
		case method != "chap" && method != "mschapv2":
			l.faults.Add(at, "%q is none of chap, mschapv2: leave the key out where passwords come by PAP alone", method)
		case seen[method]:
			l.faults.Add(at, "%s stands here twice", method)
		}
		seen[method] = true
	}
}
