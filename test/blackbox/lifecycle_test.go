package blackbox_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// TestStartFaults: what keeps the server from starting is one clear error and exit code 1, before any socket answers.
func TestStartFaults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		make func(t *testing.T, s *blackbox.Site)
		says string
	}{
		{"port in use", func(t *testing.T, s *blackbox.Site) {
			t.Helper()
			conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", s.Authentication())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
		}, "address already in use"},
		{"state directory that cannot be written", func(_ *testing.T, s *blackbox.Site) {
			s.Settings.State = "/proc/ivalt-radius" // nobody writes there, root neither
			s.Settings.Audit = filepath.Join(s.Dir, "audit.jsonl")
		}, "state.directory"},
		{"trail that cannot be written", func(_ *testing.T, s *blackbox.Site) {
			s.Settings.Audit = "/proc/audit.jsonl"
		}, "audit.file"},
		{"unknown key", func(_ *testing.T, s *blackbox.Site) { s.Settings.More = "surprise: 1" }, "surprise"},
		{"empty secret", func(_ *testing.T, s *blackbox.Site) {
			s.Settings.Clients = "\n  - {name: a, networks: [127.0.0.1/32], secrets: [\"\"]}"
		}, "clients[0].secrets[0]"},
		{"no YAML at all", func(_ *testing.T, s *blackbox.Site) { s.Settings.More = "\t: [" }, "line"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			site := blackbox.NewSite(t)
			c.make(t, site)
			site.Write(t)
			server := blackbox.Start(t, nil, "serve", "--config", site.Config())
			if code := server.Exit(t); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			said := server.Output()
			if !strings.Contains(said, c.says) || strings.Contains(said, "goroutine ") || strings.Contains(said, `"msg":"ready"`) {
				t.Errorf("want a clear error with %q, got:\n%s", c.says, said)
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Write(t)
	missing := filepath.Join(site.Dir, "missing.yaml")
	cases := []struct {
		args []string
		code int
	}{
		{[]string{"check", "--config", site.Config()}, 0},
		{[]string{"check", "--config", missing}, 1},
		{[]string{"serve", "--config", missing}, 1},
		{[]string{"--help"}, 0},
		{[]string{"serve", "--help"}, 0},
		{nil, 64},
		{[]string{"no-such-command"}, 64},
		{[]string{"serve", "--no-such-flag"}, 64},
		{[]string{"serve", "an argument"}, 64},
		{[]string{"serve", "--config", site.Config(), "--log-level", "loud"}, 64},
		{[]string{"login"}, 64},
		{[]string{"explain", "--config", site.Config(), "--user", "bob", "--client", "gateway"}, 0},
		{[]string{"explain", "--config", site.Config(), "--user", "bob", "--client", "nobody"}, 64},
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(strings.Join(c.args, " "), site.Dir, ""), func(t *testing.T) {
			t.Parallel()
			if output, code := blackbox.Run(t, c.args...); code != c.code {
				t.Errorf("exit code %d, want %d:\n%s", code, c.code, output)
			}
		})
	}
}

// TestReload: SIGHUP swaps the rules; a faulty file, or a change that needs a restart, changes nothing and says so.
func TestReload(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Policy = " {default: deny}"
	site.Start(t)
	nas := site.NAS(t)
	id := byte(0)
	login := func() blackbox.Reply {
		id++
		return nas.Login(t, blackbox.Login{User: "grace", Password: password, ID: id})
	}
	rejected(t, login(), "Access denied.")

	site.Settings.Policy = " {default: exempt}"
	site.Write(t)
	site.Server.Signal(syscall.SIGHUP)
	site.Server.AwaitLines(t, "reloaded", 1)
	accepted(t, login())

	site.Settings.Policy = " {default: deny, no_such_key: 1}"
	site.Write(t)
	site.Server.Signal(syscall.SIGHUP)
	site.Server.AwaitLines(t, "reload refused", 1)
	accepted(t, login())

	site.Settings.Policy = " {default: deny}"
	site.Settings.Audit = filepath.Join(site.Dir, "another.jsonl")
	site.Write(t)
	site.Server.Signal(syscall.SIGHUP)
	refused := site.Server.AwaitLines(t, "reload refused", 2)
	accepted(t, login())
	if !strings.Contains(site.Server.Output(), "restart") {
		t.Errorf("no word about a restart: %v", refused)
	}
}

// TestReloadKeepsWaitingLogins: a login in flight keeps the rules it began with.
func TestReloadKeepsWaitingLogins(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Start(t)
	site.Enrol("heidi", ivalttest.Approve, 3*time.Second)
	nas := site.NAS(t)
	r := nas.Request(blackbox.Login{User: "heidi", Password: password})
	nas.Send(r)
	pushed(t, site, "heidi")
	site.Settings.Policy = " {default: deny}"
	site.Write(t)
	site.Server.Signal(syscall.SIGHUP)
	site.Server.AwaitLines(t, "reloaded", 1)
	accepted(t, nas.Answer(t, r))
}

// pushed waits until the user's phone has rung.
func pushed(t *testing.T, site *blackbox.Site, user string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(blackbox.Patience); site.Pushes(user) == 0; <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("no push for %s", user)
		}
	}
}

// TestDrain: SIGTERM admits nobody new, lets the waiting login end, and exits with 0.
func TestDrain(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Start(t)
	site.Enrol("ivan", ivalttest.Approve, 3*time.Second)
	site.Enrol("late", ivalttest.Approve, 0)
	nas, other := site.NAS(t), site.NAS(t)
	r := nas.Request(blackbox.Login{User: "ivan", Password: password, CallingStation: "198.51.100.20", ID: 1})
	nas.Send(r)
	pushed(t, site, "ivan")
	site.Server.Signal(syscall.SIGTERM)
	site.Server.AwaitLines(t, "draining", 1)

	late := other.Request(blackbox.Login{User: "late", Password: password, CallingStation: "198.51.100.21"})
	other.Send(late)
	retry := other.Request(blackbox.Login{User: "ivan", Password: password, CallingStation: "198.51.100.20", ID: 2})
	other.Send(retry)
	accepted(t, nas.Answer(t, r))
	accepted(t, other.Answer(t, retry)) // a retry of a waiting login still joins
	other.Silent(t, late, 500*time.Millisecond)
	if code := site.Server.Exit(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if n := site.Pushes("late"); n != 0 {
		t.Errorf("%d pushes for a login that came too late", n)
	}
	chain(t, site)
}

// TestSecondSignal rejects what still waits.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Start(t)
	site.Enrol("judy", ivalttest.Ignore, 0)
	nas := site.NAS(t)
	r := nas.Request(blackbox.Login{User: "judy", Password: password})
	nas.Send(r)
	pushed(t, site, "judy")
	site.Server.Signal(syscall.SIGTERM)
	site.Server.AwaitLines(t, "draining", 1)
	site.Server.Signal(syscall.SIGTERM)
	rejected(t, nas.Answer(t, r), "Try again later.")
	if code := site.Server.Exit(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	concluded(t, site, "judy", "shutting_down")
}

// TestCloudUnreachable: the server starts without iVALT, rejects, and serves as soon as iVALT is there.
func TestCloudUnreachable(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	dead, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	alive := site.CloudURL
	site.CloudURL = "http://" + dead.Addr().String()
	_ = dead.Close()
	site.Start(t)
	site.Enrol("kim", ivalttest.Approve, time.Second)
	rejected(t, site.NAS(t).Login(t, blackbox.Login{User: "kim", Password: password}), "Try again later.")
	concluded(t, site, "kim", "unavailable")

	site.CloudURL = alive
	site.Write(t)
	site.Server.Signal(syscall.SIGHUP)
	site.Server.AwaitLines(t, "reloaded", 1)
	accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "kim", Password: password}))
}

// TestTrailOnAFullDisk: no Access-Accept leaves without its record; the server lives on, and accepts again when there is room.
// CI fails where it cannot mount such a disk.
func TestTrailOnAFullDisk(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Policy = " {default: exempt}"
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no small disk can be mounted (%v), and CI tests with one or not at all", err)
		}
		t.Logf("no small disk can be mounted here (%v): the trail goes to /dev/full", err)
		fullDevice(t, site)
		return
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 32<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	site.Settings.Audit = filepath.Join(disk, "audit.jsonl")
	site.Start(t)
	granted := fill(t, site)
	if !site.Server.Running() {
		t.Fatal("the server ended")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "after", Password: password}))
	known := acceptedUsers(t, site)
	for _, user := range granted {
		if !known[user] {
			t.Errorf("%s holds an Access-Accept that the trail does not know", user)
		}
	}
	chain(t, site)
}

// TestTrailTakenAway: a trail that is removed under the server takes no evidence with it: whoever is let in stands in the file that a
// reader finds.
func TestTrailTakenAway(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Policy = " {default: exempt}"
	site.Start(t)
	nas := site.NAS(t)
	accepted(t, nas.Login(t, blackbox.Login{User: "before", Password: password}))
	if err := os.Remove(site.Trail()); err != nil {
		t.Fatal(err)
	}
	granted := map[string]bool{}
	for id := byte(1); len(granted) < 3; id++ {
		user := "user-" + time.Now().Format("150405.000000000")
		reply := nas.Login(t, blackbox.Login{User: user, Password: password, ID: id})
		if reply.Code == blackbox.AccessAccept {
			granted[user] = true
			continue
		}
		rejected(t, reply, "Try again later.")
		if id > 20 {
			t.Fatalf("does not recover: %s", site.Server.Output())
		}
	}
	known := acceptedUsers(t, site)
	for user := range granted {
		if !known[user] {
			t.Errorf("%s holds an Access-Accept that the trail does not know", user)
		}
	}
	if first := site.TrailLines(t)[0]; !strings.Contains(string(first), `"type":"security_event","event":"trail_replaced"`) {
		t.Errorf("the new file begins with %s", first)
	}
	if n := len(site.Server.Lines("audit trail cannot be written")); n == 0 {
		t.Error("no alarm in the log")
	}
}

// fill logs in until the disk is full and a login is refused for it; it returns who was let in before.
func fill(t *testing.T, site *blackbox.Site) []string {
	t.Helper()
	var granted []string
	nas := site.NAS(t)
	for n := range 1000 {
		user := "user-" + strings.Repeat("x", n%50) + time.Now().Format("150405.000000000")
		reply := nas.Login(t, blackbox.Login{User: user, Password: password, ID: byte(n)})
		if reply.Code == blackbox.AccessReject {
			rejected(t, reply, "Try again later.")
			concluded(t, site, user, "unavailable")
			return granted
		}
		granted = append(granted, user)
	}
	t.Fatal("1000 records on a disk of 64 KiB, and no login was refused")
	return nil
}

// fullDevice is the second best without a disk: nothing can be written to the trail at all. A server that refuses to start is as
// good as one that rejects.
func fullDevice(t *testing.T, site *blackbox.Site) {
	t.Helper()
	site.Settings.Audit = filepath.Join(site.Dir, "full")
	if err := os.Symlink("/dev/full", site.Settings.Audit); err != nil {
		t.Fatal(err)
	}
	site.Write(t)
	server := blackbox.Start(t, nil, "serve", "--config", site.Config())
	r := blackbox.NewRequest(blackbox.Login{User: "lena", Password: password}, blackbox.Secret)
	nas := site.NAS(t)
	for server.Running() && len(server.Lines("ready")) == 0 {
		<-time.After(10 * time.Millisecond)
	}
	if !server.Running() {
		if code := server.Exit(t); code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
		return
	}
	nas.Send(r)
	rejected(t, nas.Answer(t, r), "Try again later.")
}
