package ivalttest

import (
	"net/http"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest/habit"
)

// TestLaravelDialect plays a login over the application's own paths, bare and behind the prefix.
func TestLaravelDialect(t *testing.T) {
	for _, prefix := range []string{"", habit.LaravelPrefix} {
		for _, d := range []habit.Dialect{habit.Laravel, habit.Both} {
			t.Run(d.String()+prefix, func(t *testing.T) {
				r := newRig(t, Options{Dialect: d, Sticky: true})
				r.Set(Person{Email: "alice@example.com", Mobile: alice, Behaviour: Geofence, After: time.Second})
				call := func(path string) answer {
					t.Helper()
					return r.call(prefix+path, map[string]string{"mobile": alice, "email": "alice@example.com", "requestFrom": "VPN"})
				}
				call(habit.PathLookUp).want(t, 200, alice)
				call(habit.LaravelPush).want(t, 200, textSent)
				call(habit.LaravelResult).want(t, 422, "pending")
				call(habit.LaravelPolicy).want(t, 404, "was not found.")
				r.clock.Pass(time.Second)
				call(habit.LaravelPolicy).want(t, 403, textGeofence)
				call(habit.LaravelResult).want(t, 200, textApproved)
				if n := r.Counters(); n.Submissions != 0 || n.Pushes != 1 || n.Polls != 4 {
					t.Errorf("%+v", n)
				}
			})
		}
	}
}

func TestDialectsAreApart(t *testing.T) {
	body := map[string]string{"mobile": alice, "country_code": "+91", "status": "1"}
	for d, unknown := range map[habit.Dialect][]string{
		habit.Gateway: {habit.LaravelPush, habit.LaravelResult, habit.LaravelPolicy, habit.LaravelPrefix + habit.PathLookUp, habit.LaravelSubmit},
		habit.Laravel: {pathPush, pathResult, pathPolicy, habit.LaravelPrefix + pathPush},
	} {
		r := newRig(t, Options{Dialect: d, Default: Step{Behaviour: Manual}})
		for _, path := range unknown {
			r.call(path, body).want(t, 403, bodyNoRoute)
		}
		if n := r.Counters(); r.Pushes(alice) != 0 || n.Refused != int64(len(unknown)) {
			t.Errorf("%s: %+v", d, n)
		}
	}
}

// TestTheTrap: behind the prefix the path that reads at the gateway writes, and whoever posts there is noticed.
func TestTheTrap(t *testing.T) {
	r := newRig(t, Options{Dialect: habit.Both})
	r.Set(Person{Mobile: alice, Behaviour: Manual})
	r.Set(Person{Mobile: bob, Behaviour: Timezone, After: time.Hour})
	submit := func(body string) answer {
		t.Helper()
		return r.do(r.request(habit.LaravelSubmit, body))
	}
	for name, tt := range map[string]struct{ body, text string }{
		"a poll":          {`{"mobile":"` + alice + `"}`, `"errors":{"country_code"`},
		"nothing":         {`{}`, `"errors":{"mobile"`},
		"no status":       {`{"country_code":"+91","mobile":"9876543210"}`, `"errors":{"status":["The status field is required."`},
		"an odd status":   {`{"country_code":"+91","mobile":"9876543210","status":7}`, "The selected status is invalid."},
		"no mobile":       {`{"country_code":"+91","status":1}`, `"errors":{"mobile"`},
		"an odd country":  {`{"country_code":91,"mobile":"9876543210","status":1}`, "The mobile format is invalid."},
		"a list as state": {`{"country_code":"+91","mobile":"9876543210","status":[1]}`, "The selected status is invalid."},
	} {
		t.Run(name, func(t *testing.T) { submit(tt.body).want(t, 422, tt.text) })
	}
	r.poll(alice).want(t, 404, "was not found.")

	submit(`{"country_code":"+91","mobile":"9876543210","status":1,"latitude":"1","longitude":"2"}`).want(t, 200, `"details":null`)
	if a := r.poll(alice); !a.proof(alice) {
		t.Errorf("what was submitted is not the result: %s", a.body)
	}
	r.push(alice)
	submit(`{"country_code":"+91","mobile":"`+alice+`","status":"0"}`).want(t, 200, "")
	r.poll(alice).want(t, 401, textDenied)
	submit(`{"country_code":"49","mobile":"1701234567","status":"true"}`).want(t, 200, "")
	r.poll(bob).want(t, 403, textHours)
	submit(`{"country_code":"+91","mobile":"1111111111","status":1}`).want(t, 404, "was not found.")

	req := r.request(habit.LaravelSubmit, "country_code=%2B91&mobile=9876543210&status=1")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.do(req).want(t, 200, "")
	r.clock.Pass(5 * time.Minute)
	r.poll(alice).want(t, 404, "was not found.") // it lives as long as a push

	req = r.request(habit.LaravelSubmit, "{}")
	req.Method = http.MethodPut
	r.do(req).want(t, 403, bodyNoRoute)
	if n := r.Counters(); n.Submissions != 13 {
		t.Errorf("%d submissions", n.Submissions)
	}
	for _, a := range r.Answers() {
		if a.By != Submitted || a.Approves() {
			t.Errorf("somebody's own: %+v", a)
		}
	}
}
