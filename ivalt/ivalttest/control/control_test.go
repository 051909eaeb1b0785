package control

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/answers"
	"ivalt-radius/ivalt/ivalttest/habit"
)

func TestControlPlaysAStory(t *testing.T) {
	r := newRig(t, ivalttest.Unknown)
	r.post("/control/person", `{"email":"eve@example.com","mobile":"`+alice+`","does":"deny","after":"1s","next":[{"does":"manual","after":"0s"}]}`).want(t, 200, `{"ok":true}`)
	r.post("/control/person", `{"email":"Bob@example.com","mobile":"`+bob+`"}`).want(t, 200, "ok")
	r.post("/control/options", `{"sticky":true,"keep_results":true,"pending":"422","push_status":201,"not_found_status":404,`+
		`"default":{"does":"ignore"},"limits":{"per_minute":50}}`).want(t, 200, "ok")
	r.post("/control/fault", `{"kind":"html-200","endpoint":"result","mobile":"`+bob+`","requests":3,"delay":"2s"}`).want(t, 200, "ok")

	r.push(alice).want(t, 201, "")
	r.push(bob)
	s := r.state()
	if len(s.People) != 2 || s.People[0].Email != "bob@example.com" || len(s.Pushes) != 2 || s.Pushes[0].Mobile != bob ||
		s.Pushes[0].State != "waiting" || s.Pushes[1].RequestFrom != "VPN office 203.0.113.7 #47" || !s.Pushes[1].Open {
		t.Fatalf("state: %+v", s)
	}
	if len(s.Faults) != 1 || s.Faults[0].Requests != 3 || s.Counters.Pushes != 2 || len(s.Requests) != 2 || !*s.Options.Sticky {
		t.Errorf("state: %+v", s)
	}
	r.pass(1500 * time.Millisecond)
	r.post("/control/approve", `{"push":1}`).want(t, 200, "ok")
	r.post("/control/approve", `{"push":1}`).want(t, 409, "no such push")
	r.post("/control/deny", `{"mobile":"`+bob+`"}`).want(t, 200, "ok")
	r.post("/control/deny", `{"push":99}`).want(t, 409, "no such push")
	r.poll(alice).want(t, 200, textApproved)
	r.poll(bob).want(t, 200, "<html>")
	r.post("/control/fault", `{"clear":true}`).want(t, 200, "ok")
	r.poll(bob).want(t, 401, textDenied)
	s = r.state()
	if p := s.Pushes[1]; p.State != "approved" || p.Open || p.Answered.IsZero() || p.Answered.Sub(p.Sent) != 1500*time.Millisecond {
		t.Errorf("push: %+v", p)
	}
	r.post("/control/reset", `{}`).want(t, 200, "ok")
	if s = r.state(); len(s.Pushes) != 0 || len(s.People) != 2 || s.Counters != (ivalttest.Counters{}) {
		t.Errorf("after reset: %+v", s)
	}
}

func TestEveryOptionOverControl(t *testing.T) {
	r := newRig(t, ivalttest.Manual)
	const options = `"dialect":"both","clock_offset":"-1m30s","sticky":true,"keep_results":true,"pending":"400","pending_plain":"404",` +
		`"denial":"403","expiry":"403","request_ids":true,"mobiles":"digits","max_request_from":60,"push_status":202,` +
		`"not_found_status":404,"push_lifetime":"1m0s","default":{"does":"deny","after":"2s"},` +
		`"limits":{"per_second":1,"per_minute":2,"per_hour":3},"rate_headers":"hour"`
	r.post("/control/options", `{`+options+`}`).want(t, 200, "ok")
	r.get("/control/state").want(t, 200, `"options":{`+options+`}`)
	want := ivalttest.Options{
		Dialect: habit.Both, ClockOffset: -90 * time.Second, Sticky: true, KeepResults: true,
		Pending: habit.Pending400, PendingPlain: habit.Pending404, Denial: habit.Denial403, Expiry: habit.Expiry403, RequestIDs: true,
		Mobiles: habit.MobilesDigits, MaxRequestFrom: 60, PushStatus: 202, NotFoundStatus: 404, PushLifetime: time.Minute,
		Default: ivalttest.Step{Behaviour: ivalttest.Deny, After: 2 * time.Second},
		Limits:  ivalttest.Limits{PerSecond: 1, PerMinute: 2, PerHour: 3}, RateHeaders: habit.HeadersHour,
	}
	got := r.Options()
	want.Now, got.Now = nil, nil
	want.APIKey = got.APIKey
	if !reflect.DeepEqual(got, want) {
		t.Errorf("in force: %+v", got)
	}
	r.post("/control/options", `{"clock_offset":"10000000m"}`).want(t, 400, "the clock can be wrong by")
	r.post("/control/options", `{"dialect":"gateway"}`).want(t, 200, "ok")
	if o := r.Options(); o.Dialect != habit.Gateway || o.ClockOffset != -90*time.Second {
		t.Errorf("one option changed others: %+v", o)
	}
}

func TestOddPeopleOverControl(t *testing.T) {
	r := newRig(t, ivalttest.Unknown)
	person := `"email":"eve@example.com","mobile":"` + alice + `","name":"Eve","also":["e.ve@example.com"],"second_mobile":"` + bob + `","inactive":true`
	r.post("/control/person", `{`+person+`}`).want(t, 200, "ok")
	r.get("/control/state").want(t, 200, `"people":[{`+person+`,"does":"manual"`)
	r.post("/get-user-by-email", `{"email":"e.ve@example.com"}`).want(t, 200, bob+`","status":"inactive"}]`)
	r.post("/control/person", `{"email":"eve@example.com","also":["nowhere"]}`).want(t, 400, "no e-mail")
}

func TestPushStatesOnThePage(t *testing.T) {
	r := newRig(t, ivalttest.Unknown)
	for _, tt := range []struct {
		does ivalttest.Behaviour
		want string
	}{
		{ivalttest.Approve, "approved"},
		{ivalttest.Deny, "denied"},
		{ivalttest.Geofence, "outside geofence"},
		{ivalttest.Timezone, "outside hours"},
		{ivalttest.DenySilent, "dismissed"},
		{ivalttest.Manual, "waiting"},
		{ivalttest.Ignore, "waiting"},
		{ivalttest.Late, "approved"},
	} {
		does, want := tt.does, tt.want
		r.Set(ivalttest.Person{Mobile: alice, Behaviour: does, After: time.Second})
		r.push(alice)
		if p := r.state().Pushes[0]; !p.Due.IsZero() != (want != "dismissed" && want != "waiting") || !p.Open {
			t.Errorf("%s: %+v", does, p)
		}
		r.pass(2 * time.Second)
		if p := r.state().Pushes[0]; p.State != want || p.Does != does {
			t.Errorf("%s: %+v", does, p)
		}
		r.pass(5 * time.Minute)
		if p := r.state().Pushes[0]; p.Open || (p.Answered.IsZero() && p.State != "expired") {
			t.Errorf("%s, later: %+v", does, p)
		}
	}
}

func TestControlRefuses(t *testing.T) {
	r := newRig(t, ivalttest.Unknown)
	for _, tt := range []struct{ name, path, body string }{
		{"no json", "/control/person", `{`},
		{"unknown member", "/control/person", `{"email":"a@b","admin":true}`},
		{"two documents", "/control/person", `{"email":"a@b"}{}`},
		{"nobody", "/control/person", `{"name":"x"}`},
		{"no behaviour", "/control/person", `{"email":"a@b","does":"dance"}`},
		{"no duration", "/control/person", `{"email":"a@b","after":"soon"}`},
		{"number for a duration", "/control/person", `{"email":"a@b","after":3}`},
		{"no fault", "/control/fault", `{"kind":"comet"}`},
		{"no endpoint", "/control/fault", `{"kind":"closed","endpoint":"moon"}`},
		{"fault no json", "/control/fault", `[]`},
		{"options", "/control/options", `{"push_status":500}`},
		{"pending", "/control/options", `{"pending":"418"}`},
		{"dialect", "/control/options", `{"dialect":"latin"}`},
		{"options no json", "/control/options", `"x"`},
		{"reset", "/control/reset", ``},
		{"approve", "/control/approve", `{"push":-1}`},
	} {
		t.Run(tt.name, func(t *testing.T) { r.post(tt.path, tt.body).want(t, 400, `{"error":"`) })
	}
	r.post("/control/reset", `{}`+strings.Repeat(" ", maxBody)).want(t, 413, "64 KiB")
	r.get("/control/reset").want(t, 405, "")
	r.get("/control/nothing").want(t, 404, "")
	if o := r.Options(); o.PushStatus != 200 {
		t.Errorf("refused options hold: %+v", o)
	}
}

// TestControlIsForThisMachineAlone: the endpoint approves logins, so no other machine and no other site may reach it.
func TestControlIsForThisMachineAlone(t *testing.T) {
	tests := []struct {
		name, remote, host string
		header             http.Header
		status             int
	}{
		{"loopback", "127.0.0.1:5000", "127.0.0.1:8099", nil, 200},
		{"loopback v6", "[::1]:5000", "[::1]:8099", nil, 200},
		{"mapped", "[::ffff:127.0.0.1]:5000", "LOCALHOST:8099", nil, 200},
		{"no port", "127.9.9.9:1", "[::1]", nil, 200},
		{"same origin", "127.0.0.1:5000", "localhost:8099", answers.Header("Origin", "http://localhost:8099", "Sec-Fetch-Site", "same-origin"), 200},
		{"another machine", "192.0.2.7:5000", "127.0.0.1:8099", nil, 403},
		{"no address", "", "127.0.0.1:8099", nil, 403},
		{"a name bound to loopback", "127.0.0.1:5000", "evil.example:8099", nil, 403},
		{"no host", "127.0.0.1:5000", "", nil, 403},
		{"another site", "127.0.0.1:5000", "127.0.0.1:8099", answers.Header("Origin", "http://evil.example"), 403},
		{"another port", "127.0.0.1:5000", "127.0.0.1:8099", answers.Header("Origin", "http://127.0.0.1:9000"), 403},
		{"no origin in a sandbox", "127.0.0.1:5000", "127.0.0.1:8099", answers.Header("Origin", "null"), 403},
		{"another site, told by the browser", "127.0.0.1:5000", "127.0.0.1:8099", answers.Header("Sec-Fetch-Site", "cross-site"), 403},
		{"a form", "127.0.0.1:5000", "127.0.0.1:8099", answers.Header("Content-Type", "text/plain"), 415},
		{"no type", "127.0.0.1:5000", "127.0.0.1:8099", answers.Header("Content-Type", ""), 415},
	}
	ask := func(h http.Handler, remote, host string, extra http.Header) int {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/control/approve", strings.NewReader(`{"mobile":"`+alice+`"}`))
		req.Header.Set("Content-Type", "application/json")
		for name, values := range extra {
			req.Header[name] = values
		}
		req.RemoteAddr, req.Host = remote, host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w.Code
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, ivalttest.Manual)
			r.push(alice)
			if got := ask(New(r.Cloud, ThisMachine), tt.remote, tt.host, tt.header); got != tt.status {
				t.Errorf("status %d", got)
			}
			if a := r.poll(alice); (a.status == 200) != (tt.status == 200) {
				t.Errorf("afterwards the result says %s", a.body)
			}
		})
	}
	open := New(ivalttest.New(ivalttest.Options{}), InsecureAnywhere)
	if got := ask(open, "192.0.2.7:5000", "sim:8099", nil); got != 409 {
		t.Errorf("anywhere: %d", got)
	}
	if got := ask(open, "192.0.2.7:5000", "sim:8099", answers.Header("Origin", "http://evil.example")); got != 403 {
		t.Errorf("anywhere, from another site: %d", got)
	}
}

func TestPage(t *testing.T) {
	r := newRig(t, ivalttest.Unknown)
	for path, kind := range map[string]string{"/": "text/html", "/phone.js": "text/javascript", "/phone.css": "text/css", "/phone.svg": "image/svg+xml"} {
		a := r.get(path)
		a.want(t, 200, "")
		if !strings.HasPrefix(a.header.Get("Content-Type"), kind) || len(a.body) < 100 {
			t.Errorf("%s: %s, %d octets", path, a.header.Get("Content-Type"), len(a.body))
		}
		policy := a.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if strings.Contains(a.body, "https://") || regexp.MustCompile(`http://[^w]`).MatchString(a.body) {
			t.Errorf("%s names another host", path)
		}
		if sink := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|style=|onclick=`).FindString(a.body); sink != "" {
			t.Errorf("%s: %s could carry a push's text into markup", path, sink)
		}
	}
	r.get("/phone.exe").want(t, 404, "")
	w := httptest.NewRecorder()
	asset("gone.html", "text/html")(w, nil)
	if w.Code != http.StatusNotFound {
		t.Errorf("a missing page: %d", w.Code)
	}
}

func TestStateShowsNoKey(t *testing.T) {
	r := newRig(t, ivalttest.Manual)
	r.push(alice)
	if a := r.get("/control/state"); strings.Contains(a.body, testKey) {
		t.Error("the state shows the API key")
	}
}
