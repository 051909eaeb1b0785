package blackbox_test

import (
	"os"
	"path/filepath"
	"testing"

	"ivalt-radius/test/blackbox"
)

// TestNoNewFile: the trail's file cannot end, since something stands where the next one is made. No login fails for that, nothing is lost,
// and the next start ends it.
func TestNoNewFile(t *testing.T) {
	t.Parallel()
	site := segmented(t)
	site.Start(t)
	inTheWay := site.Trail() + ".new"
	if err := os.MkdirAll(filepath.Join(inTheWay, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	nas := site.NAS(t)
	var users []string
	for n := range 120 { // more than one file ought to hold
		user := "svc-" + string(rune('a'+n/26)) + string(rune('a'+n%26)) + long
		accepted(t, nas.Login(t, blackbox.Login{User: user, Password: password, ID: byte(n)}))
		users = append(users, user)
	}
	site.Server.AwaitLines(t, "audit trail cannot be rotated", 1)
	sound(t, site)
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	stopped(t, site)
	site.Start(t)
	accepted(t, nas.Login(t, blackbox.Login{User: "svc-after", Password: password, ID: 200}))
	awaitFiles(t, site.Trail()+".*.gz", func(found []string) bool { return len(found) == 1 })
	stopped(t, site)
	known := acceptedUsers(t, site)
	for _, user := range append(users, "svc-after") {
		if !known[user] {
			t.Errorf("%s holds an Access-Accept that the trail does not know", user)
		}
	}
	sound(t, site)
	chain(t, site)
}
