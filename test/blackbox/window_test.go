package blackbox_test

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// open starts a Site with its window open.
func open(t *testing.T, site *blackbox.Site) *blackbox.Visitor {
	t.Helper()
	site.OpenWindow("")
	site.Start(t)
	return site.Visitor()
}

// signedIn is somebody who has signed in with a role.
func signedIn(t *testing.T, site *blackbox.Site, role string) *blackbox.Visitor {
	t.Helper()
	v := site.Visitor()
	v.SignIn(t, role, password)
	return v
}

// says waits until a path answers with a status and all the words.
func says(t *testing.T, v *blackbox.Visitor, path string, status int, words ...string) {
	t.Helper()
	var last string
	defer func() {
		if t.Failed() {
			t.Logf("%s said last: %s", path, last)
		}
	}()
	blackbox.Eventually(t, path+" says "+strings.Join(words, ", "), func() bool {
		a, err := v.Try(t, path)
		if err != nil {
			last = err.Error()
			return false
		}
		last = a.Body
		for _, word := range words {
			if !strings.Contains(a.Body, word) {
				return false
			}
		}
		return a.Status == status
	})
}

// TestHealthThroughALife: ready, not ready without iVALT, ready again, and draining.
func TestHealthThroughALife(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	v := open(t, site)
	if at := site.Server.Lines("ready")[0].Text("admin"); at != site.Settings.Admin {
		t.Errorf("the line says admin %q, want %s", at, site.Settings.Admin)
	}
	says(t, v, "/healthz", http.StatusOK, "ok\n")
	says(t, v, "/readyz", http.StatusOK, "ready\n", "sockets        ok     2 of 2", "trail          ok", "disk           ok")
	site.Enrol("bob", ivalttest.Approve, 2*time.Second)
	site.StopCloud()
	rejected(t, comes(t, site, "alice", password, station), "Try again later.")
	says(t, v, "/readyz", http.StatusServiceUnavailable, "not ready\n", "ivalt          FAILED")
	says(t, v, "/healthz", http.StatusOK, "ok\n")
	site.StartCloud(t)
	says(t, v, "/readyz", http.StatusOK, "ready\n", "ivalt          ok")

	nas := site.NAS(t)
	r := nas.Request(blackbox.Login{User: "bob", Password: password, CallingStation: station})
	nas.Send(r)
	pushed(t, site, "bob")
	site.Server.Signal(syscall.SIGTERM)
	says(t, v, "/readyz", http.StatusServiceUnavailable, "not ready\n", "draining       FAILED")
	says(t, v, "/healthz", http.StatusOK, "ok\n")
	accepted(t, nas.Answer(t, r))
	if code := site.Server.Exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if a, err := v.Try(t, "/healthz"); err == nil {
		t.Errorf("a server that has ended answers %d", a.Status)
	}
}

// TestReadyWithoutATrail: nobody can be let in, and readiness says so until there is a trail again.
func TestReadyWithoutATrail(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Policy = " {default: exempt}"
	v := open(t, site)
	says(t, v, "/readyz", http.StatusOK, "trail          ok")
	if err := os.Remove(site.Trail()); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(site.Trail(), 0o700); err != nil {
		t.Fatal(err)
	}
	rejected(t, site.NAS(t).Login(t, blackbox.Login{User: "bob", Password: password}), "Try again later.")
	says(t, v, "/readyz", http.StatusServiceUnavailable, "trail          FAILED")
	if err := os.Remove(site.Trail()); err != nil {
		t.Fatal(err)
	}
	nas := site.NAS(t)
	blackbox.Eventually(t, "an Access-Accept", func() bool {
		return nas.Login(t, blackbox.Login{User: "bob", Password: password}).Code == blackbox.AccessAccept
	})
	says(t, v, "/readyz", http.StatusOK, "trail          ok")
}

// TestTwoServersOnOneHost: the default address is one server's. The other one serves logins, and has it when the first one goes.
func TestTwoServersOnOneHost(t *testing.T) {
	t.Parallel()
	const opened = "the operator's window is open"
	has := func(s *blackbox.Site) bool {
		return s.Server.Lines("ready")[0].Text("admin") != "" || len(s.Server.Lines(opened)) > 0
	}
	one, two := blackbox.NewSite(t), blackbox.NewSite(t)
	for _, s := range []*blackbox.Site{one, two} {
		s.Settings.Admin, s.Settings.Policy = blackbox.DefaultAdmin, " {default: exempt}"
	}
	one.Start(t)
	blackbox.Eventually(t, "the first one's window", func() bool { return has(one) }) // whatever else had the port before
	two.Start(t)
	if has(two) || !strings.Contains(two.Server.Output(), "another program has its port; it is tried again each 10 s") {
		t.Errorf("the second one has %q, and says nothing of it", two.Server.Lines("ready")[0].Text("admin"))
	}
	accepted(t, two.NAS(t).Login(t, blackbox.Login{User: "bob", Password: password}))
	stopped(t, one)
	two.Server.AwaitLines(t, opened, 1)
	says(t, &blackbox.Visitor{Base: "http://127.0.0.1:9812"}, "/healthz", http.StatusOK, "ok\n")
}

// TestReloadEndsSessions of accounts that are gone or have another role, and of nobody else. A change of listen.admin needs a restart.
func TestReloadEndsSessions(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	open(t, site)
	viewer, operator, admin := signedIn(t, site, "viewer"), signedIn(t, site, "operator"), signedIn(t, site, "admin")
	before := site.Settings
	site.Settings.More = strings.Replace(site.Settings.More, "{name: viewer, role: viewer", "{name: another, role: viewer", 1)
	site.Settings.More = strings.Replace(site.Settings.More, "{name: operator, role: operator", "{name: operator, role: viewer", 1)
	site.Write(t)
	does(t, site, []string{"reload"}, "reloaded, ", "admin.accounts[0].name")
	for name, v := range map[string]*blackbox.Visitor{"account removed": viewer, "role changed": operator} {
		if a := v.Get(t, "/api/v1/whoami"); a.Status != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, a.Status)
		}
		if a := v.Get(t, "/now"); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/signin") {
			t.Errorf("%s: the page says %d, %q", name, a.Status, a.Header.Get("Location"))
		}
	}
	if a := admin.Get(t, "/api/v1/whoami"); a.Status != http.StatusOK {
		t.Errorf("one whom nothing changed for: status %d", a.Status)
	}
	if a := signedIn(t, site, "operator").Post(t, "/api/v1/reload", `{"reason":"r"}`); a.Status != http.StatusForbidden || !strings.Contains(a.Body, `"permission":"configure"`) {
		t.Errorf("a new session has the old role: status %d: %s", a.Status, a.Body)
	}
	site.Settings = before
	site.Settings.Admin = site.Address + ":8815"
	site.Write(t)
	if out, code := blackbox.Run(t, "reload", "--config", site.Config()); code != 1 || !strings.Contains(out, "listen.admin") || !strings.Contains(out, "restart") {
		t.Errorf("another address: exit %d: %s", code, out)
	}
	if a := admin.Get(t, "/api/v1/whoami"); a.Status != http.StatusOK {
		t.Errorf("behind a reload that was refused: status %d", a.Status)
	}
}
