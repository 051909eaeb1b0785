package blackbox_test

import (
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

// TestSessionsOutliveARestart: by whose login, since when and until when is known after it as before.
func TestSessionsOutliveARestart(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Policy = "\n  rules:\n    - {name: some, reply: {Session-Timeout: 3600}}"
	site.Start(t)
	site.Enrol("alice", ivalttest.Approve, time.Second)
	n := blackbox.NewNAS(t, blackbox.Source, site.Authentication(), blackbox.Secret)
	if reply := n.Login(t, blackbox.Login{User: "alice", Password: "password", CallingStation: "203.0.113.5"}); reply.Code != blackbox.AccessAccept {
		t.Fatalf("code %d", reply.Code)
	}
	nas := radiustest.NAS{Server: site.Accounting(), LocalAddr: blackbox.Source, Secret: secret.New(blackbox.Secret)}
	if _, err := nas.Account(t.Context(), radiustest.Record{Status: 1, User: "alice", Session: "s1", CallingStation: "203.0.113.5"}); err != nil {
		t.Fatal(err)
	}
	before := sessionsOf(t, site)
	if s := before.Sessions; len(s) != 1 || s[0].State != view.SessionOn || s[0].Attempt != site.Attempts(t, "alice")[0].Text("attempt") || s[0].Until.Sub(s[0].Started) != time.Hour {
		t.Fatalf("%+v", s)
	}
	site.Server.Signal(syscall.SIGTERM)
	if code := site.Server.Exit(t); code != 0 {
		t.Fatal(code)
	}
	site.Start(t)
	after := sessionsOf(t, site)
	if fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) {
		t.Errorf("%+v, then %+v", before, after)
	}
}

func sessionsOf(t *testing.T, site *blackbox.Site) (found view.Sessions) {
	t.Helper()
	out, code := blackbox.Run(t, "sessions", "--config", site.Config(), "--json")
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 {
		t.Fatal(out, code, err)
	}
	return found
}
