package notify

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/audit/durable"
	"ivalt-radius/guard"
	"ivalt-radius/guard/notify/way"
	"ivalt-radius/secret"
)

// TestKill: what Notify has returned for is delivered by the next server, though this one was killed.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very program
	child.Env = append(os.Environ(), childDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	acknowledged := map[string]bool{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if acknowledged[lines.Text()] = true; len(acknowledged) == 100 {
			must(t, child.Process.Kill())
		}
	}
	if err := child.Wait(); err == nil || len(acknowledged) < 100 {
		t.Fatalf("%v, %d acknowledged", err, len(acknowledged))
	}
	spool := filepath.Join(dir, Directory, "ops")
	must(t, os.WriteFile(filepath.Join(spool, "half"+durable.Suffix), nil, 0o600))
	for _, path := range []string{filepath.Join(dir, Directory), spool} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	files, err := os.ReadDir(spool)
	must(t, err)
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		d := &desk{t: t, log: &log{}, paper: &paper{start: time.Now()}, dir: dir}
		d.open(t, nil)
		defer d.Close(t.Context())
		wait(time.Hour) // the files are of a time to come: that of the bubble is long past
		got := " " + strings.Join(d.paper.got(), " ") + " "
		for id := range acknowledged {
			if strings.Count(got, " "+id+" ") != 1 {
				t.Errorf("%s came %d times", id, strings.Count(got, " "+id+" "))
			}
		}
		if len(d.waiting(t)) > 0 {
			t.Errorf("%q wait", d.waiting(t))
		}
	})
}

// TestRestart: what waits, waits on; a notice that cannot be read is given up; a file of somebody else's stays.
func TestRestart(t *testing.T) {
	play(t, nil, func(d *desk) {
		t := d.t
		d.notify(t, "a", guard.Medium)
		wait(40 * time.Second)
		d.Close(t.Context())
		d.Close(t.Context())
		d.notify(t, "after the end", guard.Medium)
		spool := filepath.Join(d.dir, Directory, "ops")
		now, mark := time.Now().UnixNano(), strings.Repeat("0", 32)
		for name, text := range map[string]string{
			fmt.Sprintf("%020d-1-%s.json", now, mark):   "{",
			fmt.Sprintf("%020d-1-%s.json", now+1, mark): strings.Repeat(" ", largest+1),
			"99999999999999999999-3-" + mark + ".json":  "{}",
			"notes.txt": "mine",
		} {
			must(t, os.WriteFile(filepath.Join(spool, name), []byte(text), 0o600))
		}
		d.open(t, nil)
		defer d.Close(t.Context())
		wait(20 * time.Second)
		same(t, "delivered a minute after it came", d.paper.got(), "60: a after the end")
		left := d.waiting(t)
		if len(left) != 2 {
			t.Errorf("%q", left)
		}
		if told := strings.Join(d.told(), " "); told != "notices_dropped receiver ops: 2: not readable on disk" {
			t.Errorf("%q", told)
		}
	})
}

// TestDiskThatTakesNothing: the notice goes all the same, and who gave it knows.
func TestDiskThatTakesNothing(t *testing.T) {
	play(t, nil, func(d *desk) {
		t := d.t
		must(t, os.RemoveAll(filepath.Join(d.dir, Directory)))
		if err := d.Notify(Notice{ID: "a", Severity: guard.Critical}); err == nil || !strings.Contains(err.Error(), "in memory alone") {
			t.Errorf("%v", err)
		}
		wait(0)
		same(t, "sent", d.paper.got(), "0: a")
		if err := d.Notify(Notice{}); err == nil {
			t.Error("a notice without an ID")
		}
	})
}

// TestClose waits two seconds for a message that is being sent, and no longer.
func TestClose(t *testing.T) {
	play(t, nil, func(d *desk) {
		t := d.t
		d.paper.block = true
		d.notify(t, "a", guard.Critical)
		wait(time.Second)
		began := time.Now()
		d.Close(t.Context())
		if took := time.Since(began); took != grace || len(d.waiting(t)) != 1 {
			t.Errorf("%s, %q", took, d.waiting(t))
		}
		same(t, "no fault of the receiver's", d.told())
		if err := d.Adopt(nil); err == nil {
			t.Error("adopted after the end")
		}
	})
}

func TestAdopt(t *testing.T) {
	play(t, nil, func(d *desk) {
		t := d.t
		d.paper.fails = func() error { return &way.Error{What: "it answered 503"} }
		d.notify(t, "a", guard.Critical)
		wait(time.Hour)
		d.paper.mu.Lock()
		d.paper.fails = nil
		d.paper.mu.Unlock()
		d.paper.got()
		mended := settings(func(s *Settings) { s.Severity = guard.Critical })
		must(t, d.Adopt([]Settings{mended, settings(func(s *Settings) { s.Name = "second" })}))
		wait(0)
		same(t, "what failed before says nothing", d.paper.got(), "3600: a")
		d.notify(t, "b", guard.High)
		wait(time.Minute)
		same(t, "the second alone is told", d.paper.got(), "3660: b")
		d.notify(t, "c", guard.High)
		d.told()
		must(t, d.Adopt([]Settings{mended}))
		same(t, "given up with its receiver", d.told(), "notices_dropped receiver second: 1: it is not in the settings any more")
		if _, err := os.Stat(filepath.Join(d.dir, Directory, "second")); err == nil {
			t.Error("its directory is there")
		}
		for name, bad := range map[string][]Settings{"twice": {mended, mended}, "elsewhere": {settings(func(s *Settings) { s.Name = ".." })}} {
			if err := d.Adopt(bad); err == nil {
				t.Error(name)
			}
		}
		d.Close(t.Context())
		d.notify(t, "d", guard.Critical)
		must(t, os.MkdirAll(filepath.Join(d.dir, Directory, "third", "x"), 0o700))
		other := settings(func(s *Settings) { s.Name = "other" })
		n, err := open(d.dir, []Settings{other}, d.log.deps(), func(Settings) (way.Way, error) { return d.paper, nil })
		must(t, err)
		n.Close(t.Context())
		same(t, "gone while no server ran", d.told(), "notices_dropped receiver ops: 1: it is not in the settings any more")
	})
}

func TestOpenRefusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x")
	must(t, os.WriteFile(file, nil, 0o600))
	blocked := t.TempDir()
	must(t, os.Mkdir(filepath.Join(blocked, Directory), 0o700))
	must(t, os.WriteFile(filepath.Join(blocked, Directory, "ops"), nil, 0o600))
	good := settings(func(s *Settings) { s.URL = secret.New("https://a.example/") })
	for name, c := range map[string]struct {
		dir      string
		settings Settings
	}{"no directory": {file, good}, "a file in its place": {blocked, good}, "no way": {t.TempDir(), Settings{Name: "ops"}}} {
		if n, err := Open(c.dir, []Settings{c.settings}, (&log{}).deps()); err == nil {
			n.Close(t.Context())
			t.Error(name)
		}
	}
}

func TestCheck(t *testing.T) {
	good := func(name string) Settings {
		return Settings{Name: name, Kind: way.Webhook, URL: secret.New("https://a.example/"), SigningSecret: secret.New("x"), PerHour: 1}
	}
	bad := good("../x")
	bad.PerHour, bad.Digest, bad.URL = 0, -1, secret.New("x")
	var got []string
	for _, f := range Check([]Settings{good("ops"), good("OPS"), bad, good("a.new")}) {
		got = append(got, f.Key)
	}
	same(t, "keys", got, "guard.notify[1].name", "guard.notify[2].name", "guard.notify[2].per_hour", "guard.notify[2].digest", "guard.notify[2].url")
}

// TestToARealWebhook: from Notify to a receiver over TLS that fails first, with settings as they are written; no secret is told.
func TestToARealWebhook(t *testing.T) {
	const canary, signing = "canary-5512", "canary-signing-secret"
	var mu sync.Mutex
	var ids []string
	arrived := make(chan struct{}, 10)
	tries := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if tries++; tries == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, canary)
			return
		}
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte(signing))
		_, _ = io.WriteString(mac, r.Header.Get(way.TimestampHeader)+"."+string(body))
		var read struct{ Notices []Notice }
		if err := json.Unmarshal(body, &read); err != nil || r.Header.Get(way.SignatureHeader) != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
			t.Errorf("%v, %q", err, r.Header)
		}
		for _, n := range read.Notices {
			ids = append(ids, n.ID)
		}
		arrived <- struct{}{}
	}))
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	s := Settings{
		Name: "ops", Kind: way.Webhook, URL: secret.New(server.URL + "/" + canary), SigningSecret: secret.New(signing), CAFile: ca, PerHour: 10,
	}
	if faults := Check([]Settings{s}); len(faults) > 0 {
		t.Fatal(faults)
	}
	l := &log{}
	n, err := Open(t.TempDir(), []Settings{s}, l.deps())
	must(t, err)
	must(t, n.Notify(Notice{ID: "a", Severity: guard.Critical}))
	<-arrived
	n.Close(t.Context())
	if said, err := Test(t.Context(), s, Notice{ID: "test"}); err != nil || said != "it answered 200" {
		t.Errorf("%q, %v", said, err)
	}
	if _, err := Test(t.Context(), Settings{}, Notice{}); err == nil {
		t.Error("no way")
	}
	same(t, "notices", ids, "a", "test")
	told := l.told()
	if len(told) != 2 || told[0] != "notice_failing receiver ops: it answered 503" || !strings.HasPrefix(told[1], "notice_recovered ") {
		t.Errorf("%q", told)
	}
	if all := l.String() + strings.Join(told, ""); strings.Contains(all, "canary") || !strings.Contains(all, "notices sent") {
		t.Error(all)
	}
}
