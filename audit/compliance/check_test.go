package compliance

import (
	"io/fs"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
)

func now() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// sound are facts that pass every check but that of an archive, which they have not.
func sound() Facts {
	return Facts{
		At: now(), Since: now().Add(-90 * day), Version: "v1.2.3",
		Settings: Settings{Read: true, Digest: "abcdef0123456789"},
		Clients: []Client{{
			Name: "office", Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, MessageAuthenticator: "auto", FirstFactor: "ldap",
		}},
		Network: Network{
			IVALTScheme: "https", Pins: 2, OwnRoots: true, Directories: []string{"ldaps://ldap.example"}, Upstream: []string{"127.0.0.1:1812"},
			RequestFrom: "VPN {client}", RejectDelay: time.Second, Sentinel: "always",
		},
		Policy: Policy{Default: "deny", Timezone: "Europe/Berlin", Rules: []Rule{{Name: "staff", Decision: "require_push", FailMode: "deny", Windows: 1, WithoutZone: 1}}},
		Trail: Trail{
			Verified: Verified{Done: true, Signatures: Yes, Uncovered: 2, Waiting: 10 * time.Second, Key: "00ff"},
			Read:     true, Records: 100, First: 1, Oldest: now().Add(-80 * day), Starts: 3, Stops: 2, Digest: "abcdef0123456789", DigestAt: now().Add(-9 * day),
			Backup: now().Add(-9 * day), InPeriod: Period{Attempts: 50, Reads: 1, Changes: 2},
		},
		Retained: Retained{For: 9000 * time.Hour, Checkpoint: time.Minute, Space: Yes, Free: 5 << 30},
		Shipping: []Receiver{{Name: "siem", Scheme: "tls", Masked: true, All: true, Alerts: true}},
		Guard:    Guard{LockoutAfter: 4, LockoutFor: 30 * time.Minute, PushesPerUser: 3, UnansweredAfter: 2, Receivers: []string{"team"}, Notifies: true},
		Secrets:  Secrets{Shared: No, Known: true, Count: 3, Sealed: 1, MaxAge: year},
		Files: Files{Looked: true, Literals: No, All: []File{
			{"/etc/i/config.yaml", ConfigFile, 0o640, 0},
			{"/etc/i/key", SecretFile, 0o600, 990},
			{"/etc/i/users.yaml", PeopleFile, 0o600, 990},
			{"/var/lib/i", StateDirectory, 0o700 | fs.ModeDir, 990},
			{"/var/lib/i/control.sock", ControlSocket, 0o600, 990},
			{"/var/lib/i/audit.jsonl", TrailFile, 0o600, 990},
		}},
		Server: Server{Known: true, UID: 990, Running: true, Cores: No},
		Clock:  Yes,
	}
}

// change is what is made of sound facts.
type change func(*Facts)

// same changes nothing: sound facts pass.
func same(*Facts) {}

// rows say in which facts a check passes, and in which it fails.
type rows struct{ passes, fails []change }

func rowsOf(passes change, fails ...change) rows { return rows{[]change{passes}, fails} }

func cases() map[string]rows {
	all := map[string]rows{}
	for _, some := range []map[string]rows{trailCases(), recordCases(), loginCases(), guardCases(), wayCases(), machineCases()} {
		for id, r := range some {
			all[id] = r
		}
	}
	return all
}

func trailCases() map[string]rows {
	return map[string]rows{
		"trail-verified": rowsOf(same, func(f *Facts) { f.Trail.Verified.Findings = 1 }),
		"trail-signed": rowsOf(same, func(f *Facts) { f.Trail.Verified.Signatures = No }, func(f *Facts) { f.Trail.Verified.Waiting = time.Hour }).
			andPasses(func(f *Facts) { f.Trail.Verified.Uncovered, f.Trail.Verified.Waiting = 0, time.Hour }),
		"trail-whole": rowsOf(same, func(f *Facts) { f.Trail.InPeriod.Lost = 1 }),
		"archive-reachable": rowsOf(archived(Yes), archived(No), func(f *Facts) {
			archived(Yes)(f)
			f.Trail.Verified.Missing = 7
		}),
		"disk-space": rowsOf(same, func(f *Facts) { f.Retained.Free = enoughSpace - 1 }),
		"retention-12-months": rowsOf(same, func(f *Facts) { f.Retained.For = 2160 * time.Hour }, shortWith(No)).
			andPasses(shortWith(Yes)),
		"retention-3-months": rowsOf(same, func(f *Facts) { f.Retained.For = 2159 * time.Hour }, shortWith(No)).
			andPasses(func(f *Facts) { f.Retained.For = 2160 * time.Hour }).andPasses(shortWith(Yes)),
		"trail-reaches-12-months": rowsOf(same, func(f *Facts) { f.Trail.First = 2 }).
			andPasses(func(f *Facts) { f.Trail.First, f.Trail.Oldest = 2, now().Add(-year) }),
		"retention-ends": rowsOf(same, func(f *Facts) { f.Retained.For = 77 * day }).andPasses(func(f *Facts) { f.Retained.For = 78 * day }),
	}
}

// andPasses adds facts in which it passes too.
func (r rows) andPasses(c change) rows {
	r.passes = append(r.passes, c)
	return r
}

// andFails adds facts in which it fails too.
func (r rows) andFails(c change) rows {
	r.fails = append(r.fails, c)
	return r
}

func archived(reachable Answer) change {
	return func(f *Facts) { f.Retained.Archive, f.Retained.Reachable = true, reachable }
}

func shortWith(reachable Answer) change {
	return func(f *Facts) {
		archived(reachable)(f)
		f.Retained.For = time.Hour
	}
}

func recordCases() map[string]rows {
	return map[string]rows{
		"logins-recorded":           rowsOf(same, func(f *Facts) { f.Trail.InPeriod.Incomplete = 1 }),
		"starts-and-stops-recorded": rowsOf(same, func(f *Facts) { f.Trail.Stops = 1 }),
		"reads-recorded":            rowsOf(same, func(f *Facts) { f.Trail.InPeriod.Reads = 0 }),
		"settings-in-force":         rowsOf(same, func(f *Facts) { f.Trail.Digest = "other" }),
		"mobiles-masked":            rowsOf(same, func(f *Facts) { f.Trail.InPeriod.Unmasked = 1 }),
		"clock-kept":                rowsOf(same, func(f *Facts) { f.Clock = No }),
		"clock-steady":              rowsOf(same, func(f *Facts) { f.Trail.InPeriod.Clock = 1 }, func(f *Facts) { f.Trail.InPeriod.Backwards = 1 }),
		"backup-recent":             rowsOf(same, func(f *Facts) { f.Trail.Backup = now().Add(-31 * day) }),
		"people-erasable":           rowsOf(same, func(f *Facts) { f.Shipping[0].Masked = false }, archived(No), archived(Unknown)).andPasses(archived(Yes)),
		"trail-shipped": rowsOf(same, func(f *Facts) { f.Shipping = nil }, func(f *Facts) { f.Shipping[0].Scheme = "journald" },
			func(f *Facts) { f.Shipping[0].Scheme = "file" }, func(f *Facts) { f.Shipping[0].All = false }),
		"shipping-encrypted": rowsOf(same, func(f *Facts) { f.Shipping[0].Scheme = "tcp" }, func(f *Facts) { f.Shipping[0].Scheme = "udp" }),
		"shipping-masked":    rowsOf(same, func(f *Facts) { f.Shipping[0].Masked = false }),
		"alerts-shipped":     rowsOf(same, func(f *Facts) { f.Shipping[0].Alerts = false }),
	}
}

func rule(set func(*Rule)) change { return func(f *Facts) { set(&f.Policy.Rules[0]) } }

func client(set func(*Client)) change { return func(f *Facts) { set(&f.Clients[0]) } }

func from(prefix string) change {
	return client(func(c *Client) { c.Networks = append(c.Networks, netip.MustParsePrefix(prefix)) })
}

func loginCases() map[string]rows {
	return map[string]rows{
		"password-first": rowsOf(same, client(func(c *Client) { c.FirstFactor = "none" }), rule(func(r *Rule) { r.FirstFactor = "none" })).
			andPasses(rule(func(r *Rule) { r.FirstFactor, r.Decision = "none", "deny" })),
		"push-for-all":    rowsOf(same, func(f *Facts) { f.Policy.Default = "exempt" }, rule(func(r *Rule) { r.Decision = "exempt" })),
		"push-every-time": rowsOf(same, rule(func(r *Rule) { r.Remember = time.Hour }), rule(func(r *Rule) { r.FailMode = "allow_remembered" })),
		"fail-closed": rowsOf(same, rule(func(r *Rule) { r.FailMode, r.FailUntil = "insecure_allow", now().Add(time.Hour) }), rule(func(r *Rule) { r.FailMode = "insecure_allow" })).
			andPasses(rule(func(r *Rule) { r.FailMode, r.FailUntil = "insecure_allow", now() })),
		"approvals-bound": rowsOf(same, func(f *Facts) { f.Network.AllowMissingDetails = true },
			func(f *Facts) { f.Network.InsecureLateCredit = time.Second }, func(f *Facts) { f.Network.Sentinel = "auto" }),
		"guesses-slowed": rowsOf(same, func(f *Facts) { f.Network.RejectDelay = time.Second - 1 }),
		"denied-by-default": rowsOf(same, func(f *Facts) { f.Policy.Default = "require_push" }, rule(func(r *Rule) { r.ForEveryone = true })).
			andPasses(rule(func(r *Rule) { r.ForEveryone, r.Decision = true, "deny" })),
		"hours-zoned":     rowsOf(same, func(f *Facts) { f.Policy.Timezone = "" }),
		"clients-limited": rowsOf(same, from("0.0.0.0/0"), from("::/0")),
	}
}

func guardCases() map[string]rows {
	guard := func(set func(*Guard)) change { return func(f *Facts) { set(&f.Guard) } }
	return map[string]rows{
		"guesses-limited": rowsOf(guard(func(g *Guard) { g.LockoutAfter = 10 }), guard(func(g *Guard) { g.LockoutAfter = 11 }), guard(func(g *Guard) { g.LockoutAfter = 0 })),
		"lockout-long":    rowsOf(same, guard(func(g *Guard) { g.LockoutFor = 30*time.Minute - 1 }), guard(func(g *Guard) { g.LockoutAfter = 0 })),
		"pushes-limited":  rowsOf(same, guard(func(g *Guard) { g.PushesPerUser = 0 }), guard(func(g *Guard) { g.UnansweredAfter = 0 })),
		"attacks-watched": rowsOf(same, guard(func(g *Guard) { g.Unwatched = []string{"brute_force"} })),
		"incidents-told":  rowsOf(same, guard(func(g *Guard) { g.Receivers = nil }), guard(func(g *Guard) { g.Notifies = false })),
	}
}

func wayCases() map[string]rows {
	upstream := func(address string) change { return func(f *Facts) { f.Network.Upstream = []string{address} } }
	return map[string]rows{
		"ivalt-encrypted": rowsOf(same, func(f *Facts) { f.Network.IVALTScheme = "http" }),
		"directory-encrypted": rowsOf(same, func(f *Facts) {
			f.Network.Directories, f.Network.DirectoryPlain = []string{"ldap://ldap.example"}, true
		}).
			andPasses(func(f *Facts) { f.Network.Directories = []string{"ldap://ldap.example"} }).andPasses(func(f *Facts) { f.Network.DirectoryPlain = true }),
		"upstream-private": rowsOf(same, upstream("198.51.100.1:1812"), upstream("radius.example:1812"), upstream("[2001:db8::1]:1812")).
			andPasses(upstream("[fd00::1]:1812")).andPasses(upstream("10.0.0.9:1812")),
		"gateways-private": rowsOf(same, from("198.51.100.0/24"), from("10.0.0.0/7"), from("0.0.0.0/0")).andPasses(from("10.1.0.0/16")).andPasses(from("fe80::/64")),
		"radius-tunnelled": rowsOf(same, from("198.51.100.0/24"), upstream("198.51.100.1:1812"), upstream("radius.example:1812")).
			andPasses(upstream("[::1]:1812")).andPasses(from("::1/128")),
		"packets-authenticated": rowsOf(same, client(func(c *Client) { c.MessageAuthenticator = "optional" }), client(func(c *Client) { c.RepliesUnsigned = true })),
		"methods-safe":          rowsOf(same, client(func(c *Client) { c.InsecureMethods = []string{"chap"} })),
		"address-not-sent":      rowsOf(same, func(f *Facts) { f.Network.SendClientAddress = true }),
	}
}

// mode gives the files of a role a mode.
func mode(role Role, bits uint32) change {
	return func(f *Facts) {
		for i := range f.Files.All {
			if file := &f.Files.All[i]; file.Role == role {
				file.Mode = file.Mode&^0o777 | 0o777&fs.FileMode(bits)
			}
		}
	}
}

// directory adds a directory of files of a role.
func directory(role Role, bits fs.FileMode) change {
	return func(f *Facts) {
		f.Files.All = append(f.Files.All, File{Path: "/srv", Role: role, Mode: bits | fs.ModeDir})
	}
}

func machineCases() map[string]rows {
	return map[string]rows{
		"secrets-not-in-file": rowsOf(same, func(f *Facts) { f.Secrets.Literal = 1 }),
		"secrets-strong":      rowsOf(same, func(f *Facts) { f.Secrets.Weak = 1 }),
		"secrets-fresh":       rowsOf(same, func(f *Facts) { f.Secrets.Old = 1 }),
		"secrets-own":         rowsOf(same, func(f *Facts) { f.Secrets.Shared = Yes }),
		"config-protected": rowsOf(same, mode(ConfigFile, 0o660), mode(ConfigFile, 0o602), func(f *Facts) { f.Files.Literals = Yes }, func(f *Facts) { f.Files.Literals = Unknown }).
			andPasses(mode(ConfigFile, 0o644)).andPasses(directory(ConfigFile, 0o755)).andFails(directory(ConfigFile, 0o775)),
		"secret-files-private": rowsOf(same, mode(SecretFile, 0o640), mode(SecretFile, 0o602)),
		"people-private":       rowsOf(same, mode(PeopleFile, 0o604)),
		"state-private":        rowsOf(same, mode(StateDirectory, 0o701), mode(StateDirectory, 0o770), mode(ControlSocket, 0o602)).andPasses(mode(StateDirectory, 0o750)),
		"trail-private":        rowsOf(same, mode(TrailFile, 0o644), mode(TrailFile, 0o620), directory(TrailFile, 0o757)).andPasses(directory(TrailFile, 0o755)),
		"files-owned":          rowsOf(same, func(f *Facts) { f.Files.All[1].UID = 1000 }),
		"server-not-root":      rowsOf(same, func(f *Facts) { f.Server.UID = 0 }),
		"server-no-core":       rowsOf(same, func(f *Facts) { f.Server.Cores = Yes }),
		"version-clean":        rowsOf(same, func(f *Facts) { f.Version = "dev" }, func(f *Facts) { f.Version = "v1.2.3-dirty" }),
	}
}

func outcomeOf(c Check, change change) Result {
	facts := sound()
	change(&facts)
	return c.look(facts)
}

// TestEveryCheckPassesAndFails: a check without a row for each of the two is a finding.
func TestEveryCheckPassesAndFails(t *testing.T) {
	table := cases()
	for _, check := range Checks() {
		t.Run(check.ID, func(t *testing.T) {
			r := table[check.ID]
			delete(table, check.ID)
			if len(r.passes) == 0 || len(r.fails) == 0 {
				t.Fatal("there is no row in which it passes, or none in which it fails")
			}
			for i, change := range r.passes {
				if got := outcomeOf(check, change); got.Outcome != Passed || got.Evidence == "" || got.Remedy != "" {
					t.Errorf("row %d that passes: %s, %+v", i, got.Outcome, got)
				}
			}
			for i, change := range r.fails {
				if got := outcomeOf(check, change); got.Outcome != Failed || got.Evidence == "" || got.Remedy == "" {
					t.Errorf("row %d that fails: %s, %+v", i, got.Outcome, got)
				}
			}
		})
	}
	for id := range table {
		t.Errorf("there is no check %s", id)
	}
}

// forgetting is a part of the facts that is not known, and the checks that cannot be answered then.
type forgetting struct {
	forget change
	checks string
}

func forgotten() map[string]forgetting {
	return map[string]forgetting{
		"settings": {
			func(f *Facts) { f.Settings = Settings{} },
			"archive-reachable retention-12-months retention-3-months retention-ends settings-in-force people-erasable trail-shipped shipping-encrypted shipping-masked alerts-shipped " +
				"password-first push-for-all push-every-time fail-closed approvals-bound guesses-slowed guesses-limited lockout-long pushes-limited attacks-watched incidents-told denied-by-default hours-zoned clients-limited ivalt-encrypted " +
				"directory-encrypted upstream-private gateways-private radius-tunnelled packets-authenticated methods-safe address-not-sent secrets-own",
		},
		"clients": {
			func(f *Facts) { f.Clients = nil },
			"password-first clients-limited gateways-private radius-tunnelled packets-authenticated methods-safe secrets-own",
		},
		"a private network":              {from("10.1.0.0/16"), "radius-tunnelled"},
		"a private upstream":             {func(f *Facts) { f.Network.Upstream = []string{"10.0.0.9:1812"} }, "radius-tunnelled"},
		"verification":                   {func(f *Facts) { f.Trail.Verified = Verified{} }, "trail-verified trail-signed"},
		"signatures":                     {func(f *Facts) { f.Trail.Verified.Signatures = Unknown }, "trail-signed"},
		"archive":                        {archived(Unknown), "archive-reachable retention-ends"},
		"an archive that nobody empties": {archived(Yes), "retention-ends"},
		"short, and an archive":          {shortWith(Unknown), "retention-12-months retention-3-months archive-reachable retention-ends"},
		"segments":                       {func(f *Facts) { f.Trail.Verified.Missing = 1 }, "trail-verified"},
		"records": {
			func(f *Facts) { f.Trail.Read = false },
			"trail-whole trail-reaches-12-months retention-ends logins-recorded starts-and-stops-recorded reads-recorded settings-in-force mobiles-masked clock-steady backup-recent people-erasable",
		},
		"an empty trail": {
			func(f *Facts) { f.Trail = Trail{Read: true, Verified: Verified{Done: true, Signatures: Yes}} },
			"trail-verified trail-signed trail-whole trail-reaches-12-months retention-ends logins-recorded starts-and-stops-recorded reads-recorded settings-in-force mobiles-masked " +
				"clock-steady backup-recent",
		},
		"logins":    {func(f *Facts) { f.Trail.InPeriod.Attempts = 0 }, "logins-recorded mobiles-masked"},
		"starts":    {func(f *Facts) { f.Trail.Starts = 0 }, "starts-and-stops-recorded"},
		"digest":    {func(f *Facts) { f.Trail.Digest = "" }, "settings-in-force"},
		"secrets":   {func(f *Facts) { f.Settings.Digest, f.Trail.Digest = "", "" }, "settings-in-force"},
		"backup":    {func(f *Facts) { f.Trail.Backup = time.Time{} }, "backup-recent"},
		"inventory": {func(f *Facts) { f.Secrets = Secrets{} }, "secrets-not-in-file secrets-strong secrets-fresh secrets-own"},
		"ages":      {func(f *Facts) { f.Secrets.Undated = 1 }, "secrets-fresh"},
		"space":     {func(f *Facts) { f.Retained.Space = Unknown }, "disk-space"},
		"files":     {func(f *Facts) { f.Files = Files{} }, "config-protected secret-files-private people-private state-private trail-private files-owned"},
		"a file": {
			func(f *Facts) { f.Files.Unseen = []string{"/x"} },
			"config-protected secret-files-private people-private state-private trail-private files-owned",
		},
		"server":  {func(f *Facts) { f.Server = Server{} }, "files-owned server-not-root server-no-core"},
		"clock":   {func(f *Facts) { f.Clock = Unknown }, "clock-kept"},
		"version": {func(f *Facts) { f.Version = "" }, "version-clean"},
	}
}

// TestNothingKnownPassesNothing: the zero Facts pass no check, and neither do sound ones of which one part is not known.
func TestNothingKnownPassesNothing(t *testing.T) {
	for _, check := range Checks() {
		if got := check.look(Facts{}); got.Outcome == Passed || got.Outcome == NotApplicable || got.Evidence == "" || got.Remedy == "" {
			t.Errorf("%s of nothing: %s, %+v", check.ID, got.Outcome, got)
		}
	}
	for name, c := range forgotten() {
		t.Run(name, func(t *testing.T) {
			unknown := strings.Fields(c.checks)
			for _, check := range Checks() {
				got := outcomeOf(check, c.forget)
				if listed := remove(&unknown, check.ID); listed != (got.Outcome == NotKnown) {
					t.Errorf("%s: %s, %+v", check.ID, got.Outcome, got)
				}
			}
			if len(unknown) > 0 {
				t.Errorf("no such checks: %q", unknown)
			}
		})
	}
}

// remove takes a word out of a list, where it is there.
func remove(words *[]string, word string) bool {
	for i, w := range *words {
		if w == word {
			*words = append((*words)[:i], (*words)[i+1:]...)
			return true
		}
	}
	return false
}

// TestWhatDoesNotApply is neither passed nor failed.
func TestWhatDoesNotApply(t *testing.T) {
	for id, change := range map[string]change{
		"archive-reachable":   same,
		"shipping-encrypted":  func(f *Facts) { f.Shipping[0].Scheme = "journald" },
		"shipping-masked":     func(f *Facts) { f.Shipping = nil },
		"hours-zoned":         rule(func(r *Rule) { r.Windows, r.WithoutZone = 0, 0 }),
		"directory-encrypted": func(f *Facts) { f.Network.Directories = nil },
		"upstream-private":    func(f *Facts) { f.Network.Upstream = nil },
		"people-private":      func(f *Facts) { f.Files.All = f.Files.All[:2] },
	} {
		for _, check := range Checks() {
			if check.ID != id {
				continue
			}
			if got := outcomeOf(check, change); got.Outcome != NotApplicable || got.Evidence == "" || got.Remedy != "" {
				t.Errorf("%s: %s, %+v", id, got.Outcome, got)
			}
		}
	}
}

// TestIDs: they are unique and of one form, and titles say what holds.
func TestIDs(t *testing.T) {
	seen := map[string]bool{}
	form := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	for _, check := range Checks() {
		if seen[check.ID] || !form.MatchString(check.ID) || check.Title == "" {
			t.Errorf("%q: %q", check.ID, check.Title)
		}
		seen[check.ID] = true
	}
}

// TestLongListsAreCut: a thousand clients do not fill the report.
func TestLongListsAreCut(t *testing.T) {
	if got := names([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}); got != "a, b, c, d, e, f, g, h and 2 more" {
		t.Error(got)
	}
}
