package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/directory/password"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
)

// TestWhatOperatorsAsk: the running server knows the login that it has just let in, in every list, and the rules that a reload brought.
func TestWhatOperatorsAsk(t *testing.T) {
	t.Parallel()
	s := pushing(t)
	s.file(t, "users.yaml", fmt.Sprintf("bob: {password: %q}\n", password.Make(secret.New(typed)).Text().Reveal()))
	s.policy = "{rules: [{name: staff, primary: file, remember: {for: 1h}}]}"
	s.more = fmt.Sprintf("users: {email: \"{username}@example.com\", file: %q}", filepath.Join(s.dir, "users.yaml"))
	s.write(t)
	s.enrol("bob", ivalttest.Approve, time.Second)
	r := s.start(t)
	if code := r.login(t, "bob"); code != radiustest.AccessAccept {
		t.Fatalf("%v", code)
	}
	var logins view.Logins
	eventually(t, "the login is in the trail", func() bool {
		return control.Call(t.Context(), s.state, view.PathLogins, view.LoginFilter{User: "BOB"}, &logins) == nil && len(logins.Logins) == 1
	})
	attempt := logins.Logins[0].Attempt
	for _, c := range []struct{ line, says string }{
		{"logins --verdict accept --since 1h", attempt},
		{"logins show " + attempt, "push sent to iVALT: taken"},
		{"sessions --user bob", "gateway"},
		{"people", "bob  remembered"},
		{"people release --user bob --remembered --reason asked", "bob: forgotten: remembered approvals"},
		{"people list", "nobody"},
	} {
		if code, out := s.command(t, strings.Fields(c.line)...); code != exit.OK || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, %s", c.line, code, out)
		}
	}
	explain := func(want string) {
		t.Helper()
		var e view.Explanation
		if err := control.Call(t.Context(), s.state, view.PathExplain, view.Question{User: "bob", Client: "gateway", At: time.Now()}, &e); err != nil || e.Decision != want || len(e.Rows) < 5 {
			t.Errorf("%+v, %v", e, err)
		}
	}
	explain("require_push")
	s.policy = "{default: deny}"
	s.write(t)
	r.reload(t)
	explain("deny")
	r.stop(t)
}
