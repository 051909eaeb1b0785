package blackbox_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// upgrading is an installation whose program lies in a folder of its own, so that it can be replaced.
type upgrading struct {
	*blackbox.Site

	program  string
	versions [2]string // programs of two versions
	changes  int       // of the settings
}

// built are the programs of two versions: the binary under test, and another one.
func built(t *testing.T) (versions [2]string) {
	t.Helper()
	versions = [2]string{blackbox.Binary(), filepath.Join(t.TempDir(), "two")}
	if err := blackbox.Build(t.Context(), versions[1], "two"); err != nil {
		t.Fatal(err)
	}
	return versions
}

func newUpgrading(t *testing.T, versions [2]string) *upgrading {
	t.Helper()
	u := &upgrading{Site: blackbox.NewSite(t), versions: versions}
	u.program = filepath.Join(u.Dir, "ivalt-radius")
	u.Settings.IVALT = "approval_timeout: 25s\n  limits: {per_second: 0, per_minute: 0, per_hour: 0}"
	u.Settings.More = fmt.Sprintf("primary: {radius: {servers: [{address: %q, secret: %q}]}}", startUpstream(t), otherSecret)
	u.OpenWindow(fmt.Sprintf("  tls: {certificate: %s, key: %s}\n", filepath.Join(u.Dir, "window.pem"), filepath.Join(u.Dir, "key.pem")))
	u.settle(t, 0)
	return u
}

// start runs the first version.
func (u *upgrading) start(t *testing.T) {
	t.Helper()
	u.install(t, u.versions[0])
	u.Server = blackbox.StartProgram(t, u.program, nil, "serve", "--config", u.Config())
	u.Server.AwaitLines(t, "ready", 1)
}

// install puts a program in the place of the one that is there, as a package does, which is another process: what this one has
// open for writing may still be open in a child that a test beside it just forked, and cannot be executed then.
func (u *upgrading) install(t *testing.T, from string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "cp", from, u.program+".new").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Rename(u.program+".new", u.program); err != nil {
		t.Fatal(err)
	}
}

// upgrade runs the command.
func (u *upgrading) upgrade(t *testing.T) (said string, code int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), u.versions[0], "upgrade", "--config", u.Config())
	out, _ := c.CombinedOutput()
	return string(out), c.ProcessState.ExitCode()
}

// comers are logins that are under way.
type comers struct {
	*upgrading

	t    *testing.T
	wait sync.WaitGroup
}

// login has one person log in, whose phone behaves so, and wants that code; retries come by the same packet and by new identifiers.
func (c *comers) login(user string, does ivalttest.Behaviour, after time.Duration, want byte) {
	c.Enrol(user, does, after)
	nas := c.NAS(c.t)
	if len(user)%2 == 0 {
		nas = blackbox.NewNAS(c.t, otherSource, c.Authentication(), otherSecret)
	}
	c.wait.Go(func() {
		var sent []blackbox.Request
		for i := range 3 {
			r := nas.Request(blackbox.Login{User: user, Password: "pw", CallingStation: "192.0.2.9", ID: byte(i)})
			sent = append(sent, r)
			for range 2 { // the very same packet again
				nas.Send(r)
				if reply, err := nas.Receive(r, 700*time.Millisecond); err == nil {
					c.judge(user, reply, want)
					return
				}
			}
		}
		for _, r := range sent {
			reply, err := nas.Receive(r, blackbox.Patience)
			if err != nil {
				c.t.Errorf("%s: identifier %d: %v", user, r.Bytes[1], err)
				return
			}
			c.judge(user, reply, want)
		}
	})
}

func (c *comers) judge(user string, reply blackbox.Reply, want byte) {
	if reply.Code != want {
		c.t.Errorf("%s: code %d (%s), want %d; %v", user, reply.Code, reply.Message, want, c.Attempts(c.t, user))
	}
}

// asked has one person log in by way of a question, and answer it.
func (c *comers) asked(user string, after time.Duration) {
	c.Enrol(user, ivalttest.Approve, after)
	nas := blackbox.NewNAS(c.t, blackbox.Second, c.Authentication(), blackbox.Secret)
	c.wait.Go(func() {
		state := ""
		for id := range byte(20) {
			r := nas.Request(blackbox.Login{User: user, Password: "pw", CallingStation: "192.0.2.9", ID: id, State: state})
			nas.Send(r)
			reply, err := nas.Receive(r, 15*time.Second)
			if err != nil {
				c.t.Errorf("%s: identifier %d: %v", user, id, err)
				return
			}
			if reply.Code == blackbox.AccessChallenge {
				state = reply.State
				continue
			}
			c.judge(user, reply, blackbox.AccessAccept)
			return
		}
		c.t.Errorf("%s: questions without end", user)
	})
}

// TestUpgrade builds the other version once.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	versions := built(t)
	t.Run("no login is lost", func(t *testing.T) { noLoginIsLost(t, newUpgrading(t, versions)) })
	t.Run("a broken program is refused", func(t *testing.T) { aBrokenProgramIsRefused(t, newUpgrading(t, versions)) })
}

// come are nine people, of each kind.
func (c *comers) come(i int) (users []string) {
	for n := range 9 {
		user := fmt.Sprintf("person%d-%d", i, n)
		users = append(users, user)
		switch after := time.Duration(1+(i+n)%7) * time.Second; {
		case n == 0:
			c.login(user, ivalttest.Deny, after, blackbox.AccessReject)
		case n < 3:
			c.asked(user, after)
		case n < 5:
			c.proves(user, after)
		default:
			c.login(user, ivalttest.Approve, after, blackbox.AccessAccept)
		}
	}
	return users
}

// noLoginIsLost: 20 upgrades and 100 reloads that change something, while people log in at four clients. Every packet has its answer, also one that
// comes while nobody reads, and every phone rings once.
func noLoginIsLost(t *testing.T, u *upgrading) {
	t.Helper()
	const upgrades, reloads = 20, 5
	u.start(t)
	c := &comers{upgrading: u, t: t}
	var users []string
	for i := range upgrades {
		users = append(users, c.come(i)...)
		for range reloads {
			u.change(t)
		}
		u.install(t, u.versions[(i+1)%2])
		c.wait.Go(func() {
			if said, code := u.upgrade(t); code != 0 {
				t.Errorf("upgrade %d: exit %d: %s", i, code, said)
			}
		})
		between := fmt.Sprintf("between%d", i)
		u.Server.AwaitLines(t, "upgrading", i+1)
		c.login(between, ivalttest.Approve, time.Second, blackbox.AccessAccept) // nobody reads now
		users = append(users, between)
		u.Server.AwaitLines(t, "upgraded", i+1)
	}
	c.wait.Wait()
	for _, user := range users {
		if n := u.Pushes(user); n != 1 {
			t.Errorf("%s: %d pushes", user, n)
		}
	}
	if n := len(u.Said(t, "upgraded")); n != upgrades {
		t.Errorf("%d upgrades are in the trail", n)
	}
	if n := len(u.Server.Lines("reloaded")); n < upgrades*reloads {
		t.Errorf("%d reloads", n)
	}
	u.Server.Signal(syscall.SIGTERM)
	if code := u.Server.Exit(t); code != 0 {
		t.Errorf("exit %d", code)
	}
	if said, code := blackbox.Run(t, "audit", "verify", "--config", u.Config()); code != 0 {
		t.Errorf("audit verify: exit %d: %s", code, said)
	}
}

// aBrokenProgramIsRefused: programs that do not run, that do not take the settings, and that fail in our place lose nobody.
func aBrokenProgramIsRefused(t *testing.T, u *upgrading) {
	t.Helper()
	u.start(t)
	c := &comers{upgrading: u, t: t}
	elsewhere := filepath.Join(u.Dir, "elsewhere.yaml") // a good file to check, whose state another server has
	text, err := os.ReadFile(u.Config())
	if err == nil {
		err = os.WriteFile(elsewhere, []byte(strings.Replace(string(text), u.Authentication(), "192.0.2.1:1812", 1)), 0o600) //nolint:gosec // in the test's own folder
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, broken := range []struct{ name, text, says string }{
		{"does not run", "no program", "does not run"},
		{"is another program", "#!/bin/sh\necho hello\n", "no ivalt-radius"},
		{"refuses the settings", "#!/bin/sh\n[ \"$1\" = --version ] && exec " + u.versions[1] + " --version\necho clients: fault; exit 1\n", "clients: fault"},
		{"fails in our place", "#!/bin/sh\n[ \"$1\" = serve ] && exec " + u.versions[1] + " serve --config " + elsewhere + "\nexec " + u.versions[1] + " \"$@\"\n", " serves again"},
	} {
		c.login(fmt.Sprintf("person%d", i), ivalttest.Approve, 2*time.Second, blackbox.AccessAccept)
		at := filepath.Join(u.Dir, fmt.Sprintf("broken%d", i))
		if err := os.WriteFile(at, []byte(broken.text), 0o755); err != nil {
			t.Fatal(err)
		}
		u.install(t, at)
		if said, code := u.upgrade(t); code != 1 || !strings.Contains(said, broken.says) {
			t.Errorf("%s: exit %d: %s", broken.name, code, said)
		}
	}
	c.wait.Wait()
	for i := range 4 {
		if user := fmt.Sprintf("person%d", i); u.Pushes(user) != 1 {
			t.Errorf("%s: %d pushes", user, u.Pushes(user))
		}
	}
	if n := len(u.Said(t, "upgrade_refused")); n != 4 {
		t.Errorf("%d refusals are in the trail", n)
	}
}
