//go:build interop

package browser

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	pass "ivalt-radius/directory/password"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

// atOnce is how many tests run at a time: a Chromium keeps a processor busy.
const atOnce = "3"

func TestMain(m *testing.M) { os.Exit(blackbox.MainOf(m, atOnce)) }

// The accounts of every window, one a role; the password is the name and what follows.
const (
	viewer, operator, admin = "vera", "olga", "ada"
	rest                    = "-opens-the-window"
)

// window is a server with its window open.
type window struct {
	*blackbox.Site

	base   string
	hashes map[string]string // by password: a new hash of the same is another to the window
}

// password is everybody's at a gateway; people are all who have one. elsewhere is where those come from who have not.
const (
	password  = "correct horse battery staple"
	station   = "198.51.100.7"
	elsewhere = "203.0.113.9"
)

// plan is a site whose window has an account for each role. more are further keys below `admin:`, each on lines of its own.
func plan(t *testing.T, more string) *window {
	t.Helper()
	w := &window{Site: blackbox.NewSite(t), hashes: map[string]string{}}
	w.Settings.Admin = w.Address + ":8814"
	w.base = "http://" + w.Settings.Admin
	w.accounts(more, rest)
	w.Settings.Clients = "\n  - {name: gateway, networks: [" + blackbox.Source + "/32], secrets: [" + blackbox.Secret + "], answer_within: 3m, message_authenticator: optional}"
	w.Settings.IVALT = "approval_timeout: 2m" // far longer than it takes on a busy machine
	for _, user := range []string{"alice", "bob", "carol"} {
		w.Enrol(user, ivalttest.Approve, time.Second)
	}
	return w
}

// accounts writes who may sign in. olgas is what follows in the operator's password.
func (w *window) accounts(more, olgas string) {
	text := "admin:\n" + more + "  accounts:\n"
	for _, a := range []struct{ name, role, follows string }{{viewer, "viewer", rest}, {operator, "operator", olgas}, {admin, "admin", rest}} {
		text += fmt.Sprintf("    - {name: %s, role: %s, password_hash: %q}\n", a.name, a.role, w.hashed(a.name+a.follows))
	}
	w.Settings.More = text
}

// hashed is a password's hash.
func (w *window) hashed(text string) string {
	if w.hashes[text] == "" {
		w.hashes[text] = pass.Make(secret.New(text)).Text().Reveal()
	}
	return w.hashes[text]
}

// open is plan, with the server started.
func open(t *testing.T, more string) *window {
	t.Helper()
	w := plan(t, more)
	w.Start(t)
	return w
}

// guarded has gateways send a password, people locked out after three wrong ones, and a watch that says so.
func (w *window) guarded(t *testing.T, people ...string) {
	t.Helper()
	list := ""
	for _, user := range people {
		list += fmt.Sprintf("%s: {password: %q}\n", user, blackbox.Hashed)
	}
	w.List(t, list)
	w.Settings.More += `primary: {method: file}
guard:
  attempts: {per_user: 0}
  lockout: {after: 3, for: 10m}
  detect: {brute_force: {count: 3}}
`
}

// comes is a login that has an answer.
func (w *window) comes(t *testing.T, user, typed, from string) {
	t.Helper()
	w.NAS(t).Login(t, blackbox.Login{User: user, Password: typed, CallingStation: from})
}

// did waits until the trail has what somebody did by hand.
func (w *window) did(t *testing.T, who string, actions ...string) {
	t.Helper()
	for _, action := range actions {
		eventually(t, action+" by "+who+" in the trail", func() bool {
			return slices.ContainsFunc(w.Actions(t, action), func(r blackbox.Record) bool {
				return strings.HasPrefix(r.Text("actor"), "account="+who+" address=127.")
			})
		})
	}
}

// blocked are all blocks in force, as the command lists them.
func (w *window) blocked(t *testing.T) string {
	t.Helper()
	out, code := blackbox.Run(t, "block", "list", "--json", "--config", w.Config())
	if code != 0 {
		t.Fatalf("exit %d: %s", code, out)
	}
	return strings.TrimSpace(out)
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); <-time.After(pause) {
		if time.Now().After(end) {
			t.Fatalf("does not come: %s", what)
		}
	}
}

// enter signs somebody in, with a browser's profile of their own.
func (w *window) enter(t *testing.T, b *browser, name string) *tab {
	t.Helper()
	x := b.open(t, w.base)
	x.signIn(name, name+rest)
	return x
}
