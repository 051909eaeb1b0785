package blackbox_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ivalt-radius/config/seal"
	"ivalt-radius/test/blackbox"
)

// TestBackupOfARunningServer: a backup that is made while people log in comes back elsewhere: its trail is sound, what was learned is known,
// and a server starts on it and continues the chain.
func TestBackupOfARunningServer(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Policy = " {default: exempt}"
	site.Start(t)
	accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "first", Password: password}))
	key := filepath.Join(site.Dir, "backup.key")
	k, err := seal.Create(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(site.Dir, "backup")
	stop := loggingIn(t, site)
	out, code := blackbox.Run(t, "backup", "--config", site.Config(), "--output", file, "--encrypt-to", k.Recipient().String())
	stop()
	if code != 0 {
		t.Fatalf("exit %d: %s", code, out)
	}
	site.Server.Signal(syscall.SIGTERM)
	site.Server.Exit(t)
	before := site.TrailLines(t)

	elsewhere := filepath.Join(site.Dir, "elsewhere")
	out, code = blackbox.Run(t, "restore", "--input", file, "--directory", elsewhere, "--identity", key)
	if code != 0 || !strings.Contains(out, "audit verify "+filepath.Join(elsewhere, "audit.jsonl")) {
		t.Fatalf("exit %d: %s", code, out)
	}
	site.Settings.State = elsewhere
	site.Write(t)
	chain(t, site)
	lines := site.TrailLines(t)
	if !bytes.Equal(bytes.Join(lines, nil), bytes.Join(before[:len(lines)], nil)) {
		t.Error("the restored trail is not the beginning of the other")
	}
	if text := string(bytes.Join(lines, []byte("\n"))); !strings.Contains(text, `"action":"backup"`) || !strings.Contains(text, `"user":"first"`) {
		t.Error("the backup, or what was before it, is not in the restored trail")
	}
	if out, code := blackbox.Run(t, "clients", "list", "--config", site.Config()); code != 0 || !strings.Contains(out, "must send it           "+blackbox.Source) {
		t.Errorf("what was learned is forgotten: exit %d: %s", code, out)
	}
	for _, name := range []string{"secrets.id", "secrets.json"} {
		if _, err := os.Stat(filepath.Join(elsewhere, name)); err != nil {
			t.Error(err)
		}
	}
	site.Start(t)
	accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "again", Password: password}))
	site.Server.Signal(syscall.SIGTERM)
	site.Server.Exit(t)
	chain(t, site)
	if n := len(site.TrailLines(t)); n <= len(lines) || !acceptedUsers(t, site)["again"] {
		t.Errorf("%d lines, %d restored", n, len(lines))
	}
}

// loggingIn lets one person after the other log in until it is told to stop.
func loggingIn(t *testing.T, site *blackbox.Site) (stop func()) {
	t.Helper()
	var load sync.WaitGroup
	told := make(chan struct{})
	nas := site.NAS(t)
	load.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-told:
				return
			default:
				r := nas.Request(blackbox.Login{User: fmt.Sprint("user-", n), Password: password, ID: byte(n)})
				nas.Send(r)
				if _, err := nas.Receive(r, blackbox.Patience); err != nil {
					t.Errorf("login %d: %v", n, err)
					return
				}
			}
		}
	})
	return func() {
		close(told)
		load.Wait()
	}
}

// TestSecretsOfARunningServer: what the server has seen is told while it runs, and what it has not seen, too.
func TestSecretsOfARunningServer(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Write(t)
	if out, code := blackbox.Run(t, "secrets", "--config", site.Config()); code != 0 || strings.Count(out, "not seen by a server yet") != 2 {
		t.Errorf("exit %d: %s", code, out)
	}
	site.Start(t)
	out, code := blackbox.Run(t, "secrets", "--config", site.Config(), "--format", "json")
	if code != 0 || strings.Count(out, `"age_days": 0`) != 2 || strings.Contains(out, "null") || strings.Contains(out, blackbox.Secret) || strings.Contains(out, blackbox.APIKey) {
		t.Errorf("exit %d: %s", code, out)
	}
}
