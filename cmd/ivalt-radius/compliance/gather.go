package compliance

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ivalt-radius/audit/compliance"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/segment"
	"ivalt-radius/config"
)

// gatherer gathers facts. Its parts are functions, so that whoever knows more of one of them takes its place.
type gatherer struct {
	version   string
	now       func() time.Time
	verify    func(ctx context.Context, s *config.Settings, files []segment.File) (compliance.Verified, error)
	inventory func(in loaded) compliance.Secrets
}

// gather looks at everything. The error is one of reading the trail: what else cannot be seen is unknown in the facts.
func (g gatherer) gather(ctx context.Context, in loaded, files []segment.File, period time.Duration) (compliance.Facts, error) {
	s, now := in.settings, g.now()
	f := compliance.Facts{
		At: now, Since: now.Add(-period), Version: g.version,
		Settings: compliance.Settings{Read: true},
		Clients:  clientsOf(s), Network: networkOf(s), Policy: policyOf(s), Shipping: receiversOf(s), Retained: retainedOf(s), Guard: guardOf(s),
		Secrets: g.inventory(in),
		Server:  server(ctx, s.State.Directory),
		Clock:   clock(),
	}
	if in.whole {
		f.Settings.Digest = s.Digest()
		f.Secrets.Shared = shared(s.Clients)
	}
	f.Files = look(in, files)
	if f.Secrets.Known {
		f.Files.Literals = answer(f.Secrets.Literal > 0)
	}
	if len(files) == 0 {
		return f, nil
	}
	var err error
	if f.Trail, err = readTrail(ctx, query.Trail{Live: s.Audit.File, Archive: s.Audit.Archive}, f.Since); err != nil {
		return f, err
	}
	f.Trail.Verified, err = g.verify(ctx, s, files)
	return f, err
}

func answer(yes bool) compliance.Answer { //nolint:revive // it is what is answered
	if yes {
		return compliance.Yes
	}
	return compliance.No
}

func clientsOf(s *config.Settings) []compliance.Client {
	out := make([]compliance.Client, len(s.Clients))
	first := s.Factors()
	for i, c := range s.Clients {
		out[i] = compliance.Client{
			Name: c.Name, Networks: c.Networks, MessageAuthenticator: c.MessageAuthenticator, RepliesUnsigned: c.InsecureOmitMessageAuthenticator,
			InsecureMethods: c.InsecureMethods, FirstFactor: first[i],
		}
	}
	return out
}

func networkOf(s *config.Settings) compliance.Network {
	n := compliance.Network{
		Pins: len(s.IVALT.Pins), OwnRoots: !s.IVALT.SystemRoots, Directories: s.Primary.LDAP.URLs, DirectoryPlain: s.Primary.LDAP.InsecurePlaintext,
		SendClientAddress: s.IVALT.SendClientAddress, RequestFrom: s.IVALT.RequestFrom, RejectDelay: s.RejectDelay,
		AllowMissingDetails: s.IVALT.AllowMissingDetails, InsecureLateCredit: s.IVALT.InsecureLateCredit, Sentinel: s.IVALT.Sentinel,
	}
	if u, err := url.Parse(s.IVALT.URL); err == nil {
		n.IVALTScheme = u.Scheme
	}
	for _, server := range s.Primary.RADIUS.Servers {
		n.Upstream = append(n.Upstream, server.Address)
	}
	return n
}

func policyOf(s *config.Settings) compliance.Policy {
	p := compliance.Policy{Default: s.Policy.Default, Timezone: s.Policy.Timezone}
	for _, r := range s.Policy.Rules {
		rule := compliance.Rule{
			Name: r.Name, Decision: r.Decision, FirstFactor: r.Primary, Remember: r.Remember.For, FailMode: r.Fail.Mode,
			Windows: len(r.Only.Hours), ForEveryone: everyone(r.Match),
		}
		rule.FailUntil, _ = time.Parse(time.RFC3339, r.Fail.Until) // the zero time is always in force
		for _, w := range r.Only.Hours {
			if w.Timezone == "" {
				rule.WithoutZone++
			}
		}
		p.Rules = append(p.Rules, rule)
	}
	return p
}

// everyone reports a rule that leaves nobody out.
func everyone(m config.Match) bool {
	return (m.Users == nil || slices.Contains(m.Users, "*")) && m.Groups == nil && m.Clients == nil && m.Networks == nil
}

func receiversOf(s *config.Settings) []compliance.Receiver {
	var out []compliance.Receiver
	for _, r := range s.Audit.Ship {
		scheme, _, _ := strings.Cut(r.To, ":")
		out = append(out, compliance.Receiver{
			Name: r.Name, Scheme: strings.ToLower(scheme), Masked: r.Mask, All: r.Types == nil, Alerts: r.Types == nil || slices.Contains(r.Types, "security_event"),
		})
	}
	return out
}

func retainedOf(s *config.Settings) compliance.Retained {
	r := compliance.Retained{For: s.Audit.Retention, Checkpoint: s.Audit.Checkpoint, Archive: s.Audit.Archive != ""}
	if r.Archive {
		_, err := os.ReadDir(s.Audit.Archive)
		if !errors.Is(err, fs.ErrPermission) {
			r.Reachable = answer(err == nil)
		}
	}
	var disk unix.Statfs_t
	if unix.Statfs(filepath.Dir(s.Audit.File), &disk) == nil && disk.Bsize > 0 {
		r.Space, r.Free = compliance.Yes, disk.Bavail*uint64(disk.Bsize)
	}
	return r
}

// shared reports whether two clients have a secret in common.
func shared(clients []config.Client) compliance.Answer {
	for i, a := range clients {
		for _, b := range clients[i+1:] {
			for _, one := range a.Secrets {
				if slices.ContainsFunc(b.Secrets, one.Equal) {
					return compliance.Yes
				}
			}
		}
	}
	return compliance.No
}
