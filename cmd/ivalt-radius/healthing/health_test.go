package healthing

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ask(t *testing.T, path string, args ...string) (code int, out string) {
	t.Helper()
	out, err := commandtest.Run(t.Context(), NewCommand("/nonexistent/config.yaml"), append(args, "--config", path)...)
	return exit.Code(err), out
}

// TestHealth: ready or alive is what every check says; no check at all is neither.
func TestHealth(t *testing.T) {
	well, ill := view.Check{Name: "state", OK: true}, view.Check{Name: "disk", Note: "full\x1b[2J"}
	for name, c := range map[string]struct {
		ready, live []view.Check
		args        []string
		code        int
		has         string
	}{
		"ready":              {[]view.Check{well}, nil, nil, exit.OK, "ok\n"},
		"not ready":          {[]view.Check{well, ill}, []view.Check{well}, nil, exit.Fault, "disk: full"},
		"not ready but live": {[]view.Check{ill}, []view.Check{well}, []string{"--live"}, exit.OK, "ok\n"},
		"hangs":              {[]view.Check{well}, []view.Check{ill}, []string{"--live"}, exit.Fault, "a loop hangs"},
		"nothing is known":   {nil, nil, nil, exit.Fault, "not ready"},
		"usage":              {nil, nil, []string{"now"}, exit.Usage, "usage"},
	} {
		t.Run(name, func(t *testing.T) {
			path, state := commandtest.Settings(t)
			mux := http.NewServeMux()
			say := func(checks []view.Check) func(context.Context) []view.Check {
				return func(context.Context) []view.Check { return checks }
			}
			Handle(mux, Running{Ready: say(c.ready), Live: say(c.live)})
			server, err := control.Listen(t.Context(), state, mux)
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close(t.Context())
			code, out := ask(t, path, c.args...)
			if code != c.code || !strings.Contains(out, c.has) || strings.Contains(out, "\x1b") {
				t.Errorf("exit %d: %q", code, out)
			}
		})
	}
}

// TestNobodyRuns: that is not healthy, and is said; nor is a configuration that is not there.
func TestNobodyRuns(t *testing.T) {
	path, _ := commandtest.Settings(t)
	for args, want := range map[string]string{path: "no server is running", path + ".gone": "no such file"} {
		if code, out := ask(t, args); code != exit.Fault || !strings.Contains(out, want) {
			t.Errorf("exit %d: %s", code, out)
		}
	}
}
