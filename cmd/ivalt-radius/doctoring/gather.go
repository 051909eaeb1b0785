package doctoring

import (
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/secretage"
	"ivalt-radius/config"
	"ivalt-radius/config/inventory"
	"ivalt-radius/doctor"
	"ivalt-radius/doctor/host"
	"ivalt-radius/doctor/needs"
	"ivalt-radius/guard/notify/way"
	"ivalt-radius/radius/client"
)

// notLoaded is why nothing is known that the settings would tell.
const notLoaded = "the settings cannot be read"

// reach says whom a look may ask. The zero reach asks whoever the settings name.
type reach uint8

const (
	everybody reach = iota
	nobody
)

// gather looks at everything. Whatever hangs is unknown once ctx has ended.
func gather(ctx context.Context, in inputs, how reach) doctor.Facts {
	f := doctor.Facts{At: time.Now(), Offline: how == nobody, Settings: faultsOf(in), Synchronised: host.Synchronised()}
	kernel := host.Kernel{}
	f.Machine.ReceiveBuffer, f.Machine.Ptrace = kernel.ReceiveBuffer(), kernel.Ptrace()
	zone, _ := f.At.Zone()
	f.Machine.Zone = doctor.Known(zone)
	s := in.Settings
	if s == nil {
		unread(&f)
		f.Sockets = host.Sockets(ctx, 0)
		return f
	}
	f.Needs, f.Access = doctor.Known(needs.Of(s)), doctor.Known(accessOf(s))
	f.Server = serverOf(ctx, s.State.Directory)
	f.Sockets = host.Sockets(ctx, f.Server.Value.PID)
	f.Listening = listening(f)
	f.Window = windowOf(s, f.At)
	lookAtFiles(&f, in)
	f.Secrets = secretsOf(in, f.At)
	lookAtTrail(ctx, &f, s)
	machineOf(&f, s, kernel)
	ask(ctx, &f, in)
	f.Receivers = doctor.Known(receiversOf(s, f.Names))
	return f
}

// unread says why nothing of the settings is known.
func unread(f *doctor.Facts) {
	f.Needs, f.Access = doctor.Unseen[needs.Needs](notLoaded), doctor.Unseen[doctor.Access](notLoaded)
	f.Server, f.Files = doctor.Unseen[doctor.Server](notLoaded), doctor.Unseen[[]doctor.File](notLoaded)
	f.Secrets, f.Offset = doctor.Unseen[[]doctor.Secret](notLoaded), doctor.Unseen[doctor.Offset](notLoaded)
	f.TLS, f.Key = doctor.Unseen[doctor.TLS](notLoaded), doctor.Unseen[doctor.Key](notLoaded)
	f.Window = doctor.Unseen[doctor.Window](notLoaded)
	f.Gateways, f.Trail = doctor.Unseen[[]doctor.Gateway](notLoaded), doctor.Unseen[doctor.Trail](notLoaded)
	f.Receivers, f.Backup = doctor.Unseen[[]doctor.Receiver](notLoaded), doctor.Unseen[time.Time](notLoaded)
	f.Machine.Descriptors, f.Machine.Cores = doctor.Unseen[int64](notLoaded), doctor.Unseen[bool](notLoaded)
	f.Machine.Rights = doctor.Unseen[doctor.Rights](notLoaded)
}

// faultsOf are the settings' faults. Files that this user may not read make secrets and people unknown, and are no fault; a configuration that
// cannot be read at all is one.
func faultsOf(in inputs) doctor.Fact[[]doctor.SettingsFault] {
	out := []doctor.SettingsFault{}
	for _, f := range in.Faults {
		denied := in.Settings != nil && len(in.denied) > 0 && !f.Warning &&
			(config.OfSecret(f.Key) || strings.HasPrefix(f.Key, "users.file") || strings.HasPrefix(f.Key, "secrets."))
		out = append(out, doctor.SettingsFault{Text: f.String(), Warning: f.Warning, Denied: denied})
	}
	return doctor.Known(out)
}

func accessOf(s *config.Settings) doctor.Access {
	a := doctor.Access{
		DefaultExempt: s.Policy.Default == "exempt", Shipping: len(s.Audit.Ship), Notices: len(s.Guard.Notify), DryRun: s.Guard.Respond.DryRun,
	}
	first := s.Factors()
	for i, c := range s.Clients {
		if first[i] == "none" {
			a.PhoneAlone = append(a.PhoneAlone, c.Name)
		}
		if c.MessageAuthenticator == "optional" {
			a.Optional = append(a.Optional, c.Name)
		}
	}
	for _, r := range s.Policy.Rules {
		if r.Decision == "exempt" {
			a.Exempt++
		}
	}
	return a
}

// serverOf asks the kernel who listens on the control socket. Where nobody is seen to, the owner of state.directory is who will.
func serverOf(ctx context.Context, dir string) doctor.Fact[doctor.Server] {
	if cred := control.Listening(ctx, dir); cred != nil {
		return doctor.Known(doctor.Server{Running: true, PID: int(cred.Pid), UID: int(cred.Uid)})
	}
	info, err := os.Stat(dir)
	if err != nil {
		return doctor.Unseen[doctor.Server]("state.directory is not there yet, or may not be looked at")
	}
	uid, ok := ownerOf(info)
	if own := os.Geteuid(); own != 0 && own != uid {
		return doctor.Unseen[doctor.Server](fmt.Sprintf("the control socket is for uid=%d and root", uid))
	}
	return doctor.Fact[doctor.Server]{Value: doctor.Server{UID: uid}, Known: ok}
}

func ownerOf(info fs.FileInfo) (uid int, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

func listening(f doctor.Facts) (out []doctor.Listening) {
	for _, in := range f.Needs.Value.In {
		out = append(out, doctor.Listening{Key: in.Key, At: in.At, Holder: host.Holder(f.Sockets, in.Protocol, in.At, f.Server.Value.PID)})
	}
	return out
}

// secretsOf is what the inventory knows. Nothing is known where not all secrets could be read.
func secretsOf(in inputs, now time.Time) doctor.Fact[[]doctor.Secret] {
	if len(in.denied) > 0 {
		return doctor.Unseen[[]doctor.Secret]("not all of their files may be read: run doctor as root, or as the server's user")
	}
	entries, err := secretage.List(in.Settings, now)
	if err != nil {
		return doctor.Unseen[[]doctor.Secret](err.Error())
	}
	out := make([]doctor.Secret, len(entries))
	for i, e := range entries {
		out[i] = doctor.Secret{Key: e.Key, Literal: e.Given == config.Literal, Old: e.Old, Dated: e.FirstSeen != nil, AgeDays: e.AgeDays, Remedy: remedy(e.Kind)}
		for _, w := range e.Strength {
			out[i].Words = append(out[i].Words, string(w))
		}
	}
	return doctor.Known(out)
}

func remedy(k inventory.Kind) string {
	if k == inventory.Shared {
		return "put a new secret beside the old one in clients[].secrets, reload, change the gateway, then take the old one out"
	}
	return "change it as docs/secrets.md says, and reload"
}

// spare is how many files a server has open beside its connections.
const spare = 128

func machineOf(f *doctor.Facts, s *config.Settings, kernel host.Kernel) {
	pid := f.Server.Value.PID
	m := &f.Machine
	m.Cores, m.Descriptors, m.Rights = kernel.Cores(pid), kernel.Descriptors(pid), kernel.Rights(pid)
	m.NeedsOpen = int64(spare + s.IVALT.Connections + len(s.Primary.LDAP.URLs)*s.Primary.LDAP.Connections)
	if len(s.Primary.RADIUS.Servers) > 0 {
		m.NeedsOpen += upstreamPorts
	}
	add := func(key, name string) {
		if name != "" && !slices.ContainsFunc(m.Zones, func(z doctor.Zone) bool { return z.Name == name }) {
			_, err := time.LoadLocation(name)
			m.Zones = append(m.Zones, doctor.Zone{Key: key, Name: name, Found: err == nil})
		}
	}
	add("policy.timezone", s.Policy.Timezone)
	for i, r := range s.Policy.Rules {
		for _, w := range r.Only.Hours {
			add(fmt.Sprintf("policy.rules[%d].only.hours", i), w.Timezone)
		}
	}
}

// upstreamPorts is how many logins may wait for an upstream server, each with a port of its own.
const upstreamPorts = 1024

// gatewaysOf is what the settings say of each client's NAS.
func gatewaysOf(s *config.Settings, learned func(client string) doctor.Fact[doctor.Learned]) []doctor.Gateway {
	const margin = 3 * time.Second // the answer leaves 1 s before the end, an approval counts until 2 s before that
	out := make([]doctor.Gateway, len(s.Clients))
	for i, c := range s.Clients {
		preset, _ := client.FindProfile(c.Profile) // none: the zero Profile
		within := preset.Patience(c.AnswerWithin)
		g := doctor.Gateway{
			Client: c.Name, Profile: c.Profile, AnswerWithin: within, Approval: min(s.IVALT.ApprovalTimeout, within-margin), Learned: learned(c.Name),
		}
		if s.Given("ivalt.approval_timeout") { // the default gives way silently
			g.Configured = s.IVALT.ApprovalTimeout
		}
		out[i] = g
	}
	return out
}

// receiversOf is what can be seen of the receivers of notices without sending one.
func receiversOf(s *config.Settings, names []doctor.Name) []doctor.Receiver {
	out := make([]doctor.Receiver, len(s.Guard.Notify))
	for i, n := range s.Guard.Notify {
		r := doctor.Receiver{Key: fmt.Sprintf("guard.notify[%d]", i), Kind: n.Kind}
		if err := way.Runnable(n.Command); err != nil && n.Kind == way.Command {
			r.Trouble = "the command " + err.Error()
		}
		for _, name := range names {
			if strings.HasPrefix(name.Key, r.Key+".") && name.Addresses.Known && name.Addresses.Value == 0 {
				r.Trouble = name.Trouble
			}
		}
		out[i] = r
	}
	return out
}

// network writes an address with its port; for the page and for the archive.
func network(at netip.AddrPort) string {
	if !at.IsValid() {
		return ""
	}
	return at.String()
}
