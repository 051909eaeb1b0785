//go:build interop

package browser

import (
	"fmt"
	"os"
	"testing"
	"time"

	"ivalt-radius/directory/password"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

func TestMain(m *testing.M) { os.Exit(blackbox.Main(m)) }

// The accounts of every window, one a role; the password is the name and what follows.
const (
	viewer, operator, admin = "vera", "olga", "ada"
	rest                    = "-opens-the-window"
)

// window is a server with its window open.
type window struct {
	*blackbox.Site

	base string
}

// open starts a server whose window has an account for each role. more are further keys below `admin:`, each on lines of its own.
func open(t *testing.T, more string) *window {
	t.Helper()
	w := &window{Site: blackbox.NewSite(t)}
	w.Settings.Admin = w.Address + ":8814"
	w.base = "http://" + w.Settings.Admin
	w.Settings.More = "admin:\n" + more + "  accounts:\n"
	for name, role := range map[string]string{viewer: "viewer", operator: "operator", admin: "admin"} {
		w.Settings.More += fmt.Sprintf("    - {name: %s, role: %s, password_hash: %q}\n", name, role, password.Make(secret.New(name+rest)).Text().Reveal())
	}
	for _, user := range []string{"alice", "bob", "carol"} {
		w.Enrol(user, ivalttest.Approve, time.Second)
	}
	w.Start(t)
	return w
}

// enter opens a browser of one's own, and signs in.
func (w *window) enter(t *testing.T, name string) *tab {
	t.Helper()
	x := newBrowser(t).open(t, w.base)
	x.signIn(name, name+rest)
	return x
}
