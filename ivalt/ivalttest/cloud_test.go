package ivalttest

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestBehavioursOverTime(t *testing.T) {
	type moment struct {
		at     time.Duration
		status int
		text   string
	}
	pending := func(at time.Duration) moment { return moment{at, http.StatusNotFound, "was not found."} }
	tests := []struct {
		does  Behaviour
		after time.Duration
		polls []moment
	}{
		{Approve, 3 * time.Second, []moment{
			pending(0), pending(2999 * time.Millisecond), {3 * time.Second, 200, textApproved}, pending(4 * time.Second),
		}},
		{Approve, 0, []moment{{0, 200, textApproved}}},
		{Deny, time.Second, []moment{pending(0), {time.Second, 401, textDenied}}},
		{DenySilent, time.Second, []moment{pending(0), pending(299 * time.Second)}},
		{Ignore, 0, []moment{pending(0), pending(299 * time.Second)}},
		{Manual, 0, []moment{pending(0), pending(299 * time.Second)}},
		{Geofence, time.Second, []moment{pending(0), {time.Second, 403, textGeofence}}},
		{Timezone, time.Second, []moment{pending(0), {time.Second, 403, textHours}}},
		{Late, 0, []moment{pending(0), pending(89 * time.Second), {90 * time.Second, 200, textApproved}}},
		{Late, 120 * time.Second, []moment{pending(119 * time.Second), {120 * time.Second, 200, textApproved}}},
		{Late, 5 * time.Minute, []moment{pending(5 * time.Minute), pending(6 * time.Minute)}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s after %s", tt.does, tt.after), func(t *testing.T) {
			r := newRig(t, Options{})
			r.Set(Person{Mobile: alice, Behaviour: tt.does, After: tt.after})
			r.push(alice).want(t, 200, textSent)
			past := time.Duration(0)
			for _, m := range tt.polls {
				r.clock.Pass(m.at - past)
				past = m.at
				r.poll(alice).want(t, m.status, m.text)
			}
			if r.Pushes(alice) != 1 || r.Polls(alice) != len(tt.polls) {
				t.Errorf("%d pushes, %d polls", r.Pushes(alice), r.Polls(alice))
			}
		})
	}
}

func TestUnknownPeople(t *testing.T) {
	r := newRig(t, Options{})
	r.Set(Person{Email: "gone@example.com", Mobile: alice})
	r.lookUp("gone@example.com").want(t, 400, "USER_NOT_FOUND")
	r.lookUp("nobody@example.com").want(t, 400, "User with email nobody@example.com not found")
	for _, mobile := range []string{alice, bob} {
		r.push(mobile).want(t, 404, "The mobile number provided ("+mobile+") was not found.")
		r.poll(mobile).want(t, 404, "was not found.")
		r.pollPlain(mobile).want(t, 404, "was not found.")
	}
	if n := r.Pushes(alice) + r.Pushes(bob); n != 0 || r.Counters().Pushes != 0 {
		t.Errorf("%d pushes rang", n)
	}
	if r.Approve(alice) || r.Approve(bob) {
		t.Error("a push that never rang was approved")
	}
}

func TestDefaultEnrolsEverybody(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Approve, After: time.Second}, NotFoundStatus: 404})
	mobile := DerivedMobile("Carol@Example.com")
	r.lookUp("carol@example.com").want(t, 200, `"mobile_with_country_code":"`+mobile+`"`)
	r.push(mobile).want(t, 200, textSent)
	r.clock.Pass(time.Second)
	if a := r.poll(mobile); !a.proof(mobile) || !strings.Contains(a.body, `"email":"carol@example.com"`) {
		t.Errorf("no approval: %s", a.body)
	}
	r.poll(bob).want(t, 404, "was not found.")
	if r.Polls(bob) != 1 {
		t.Errorf("%d polls of a stranger", r.Polls(bob))
	}
	r.Set(Person{Email: "out@example.com"})
	r.lookUp("out@example.com").want(t, 404, "USER_NOT_FOUND")

	if err := r.Change(func(o *Options) { o.Default = Step{Behaviour: Deny} }); err != nil {
		t.Fatal(err)
	}
	r.push(mobile).want(t, 200, textSent)
	r.poll(mobile).want(t, 401, textDenied)
}

func TestResultsBelongToTheMobile(t *testing.T) {
	tests := []struct {
		name         string
		sticky, keep bool
		again, after int // status of a second read, and of a read after another push
	}{
		{"consumed, reset", false, false, 404, 404},
		{"sticky, reset", true, false, 200, 404},
		{"consumed, kept", false, true, 404, 404},
		{"sticky, kept", true, true, 200, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, Options{Sticky: tt.sticky, KeepResults: tt.keep})
			r.Set(Person{Mobile: alice, Behaviour: Manual})
			r.push(alice)
			if !r.Approve(alice) || r.Approve(alice) {
				t.Fatal("exactly one push was open")
			}
			r.poll(alice).want(t, 200, textApproved)
			r.poll(alice).want(t, tt.again, "")
			r.push(alice)
			r.poll(alice).want(t, tt.after, "")
			r.clock.Pass(5 * time.Minute)
			r.poll(alice).want(t, 404, "was not found.")
		})
	}
	t.Run("an unread result outlives a push where it is kept", func(t *testing.T) {
		r := newRig(t, Options{KeepResults: true})
		r.Set(Person{Mobile: alice, Behaviour: Manual})
		r.push(alice)
		r.Deny(alice)
		r.push(alice)
		r.poll(alice).want(t, 401, textDenied)
		r.poll(alice).want(t, 404, "was not found.")
	})
	t.Run("the answer to an older push is read by the newer login", func(t *testing.T) {
		r := newRig(t, Options{})
		r.Set(Person{Mobile: alice, Behaviour: Approve, After: 10 * time.Second})
		r.push(alice)
		r.clock.Pass(6 * time.Second)
		r.push(alice)
		r.clock.Pass(4 * time.Second)
		r.poll(alice).want(t, 200, textApproved)
		r.clock.Pass(6 * time.Second)
		r.poll(alice).want(t, 200, textApproved)
	})
}

func TestNextActsOnceEach(t *testing.T) {
	r := newRig(t, Options{})
	r.Set(Person{Mobile: alice, Behaviour: Approve, Next: []Step{{Behaviour: Unknown}, {Behaviour: Deny}, {Behaviour: Geofence}}})
	for range 2 {
		r.push(alice).want(t, 404, "was not found.")
		r.push(alice).want(t, 200, "")
		r.poll(alice).want(t, 401, textDenied)
		r.push(alice)
		r.poll(alice).want(t, 403, textGeofence)
		for range 2 {
			r.push(alice)
			r.poll(alice).want(t, 200, textApproved)
		}
		r.Reset()
		if r.Pushes(alice) != 0 || len(r.Requests()) != 0 || r.Counters() != (Counters{}) {
			t.Error("Reset left something behind")
		}
	}
}

func TestPolicySpeaksOnItsOwnEndpointAlone(t *testing.T) {
	for _, does := range []Behaviour{Geofence, Timezone} {
		r := newRig(t, Options{Sticky: true})
		r.Set(Person{Mobile: alice, Behaviour: does})
		r.push(alice)
		r.poll(alice).want(t, 403, "Invalid details")
		r.pollPlain(alice).want(t, 200, textApproved)
		r.Set(Person{Mobile: bob, Behaviour: does, After: time.Hour})
		r.push(bob)
		r.Approve(bob)
		r.poll(bob).want(t, 403, "Invalid details")
	}
}

func TestPendingSwitch(t *testing.T) {
	tests := []struct {
		pending       Pending
		policy, plain int
	}{{PendingCaptured, 404, 422}, {Pending404, 404, 404}, {Pending422, 422, 422}, {Pending400, 400, 400}}
	for _, tt := range tests {
		t.Run(tt.pending.String(), func(t *testing.T) {
			r := newRig(t, Options{Pending: tt.pending, PushStatus: 202})
			r.Set(Person{Mobile: alice, Behaviour: Ignore})
			r.push(alice).want(t, 202, textSent)
			r.poll(alice).want(t, tt.policy, "")
			r.pollPlain(alice).want(t, tt.plain, "")
		})
	}
}

func TestGateway(t *testing.T) {
	r := newRig(t, Options{})
	r.Set(Person{Mobile: alice, Email: "alice@example.com", Behaviour: Approve})
	body := `{"mobile":"` + alice + `"}`
	change := func(do func(*http.Request)) answer {
		req := r.request(pathPush, body)
		do(req)
		return r.do(req)
	}
	change(func(q *http.Request) { q.Header.Del("X-Api-Key") }).want(t, 403, bodyForbidden)
	change(func(q *http.Request) { q.Header.Set("X-Api-Key", testKey+"x") }).want(t, 403, bodyForbidden)
	change(func(q *http.Request) { q.Header.Set("Authorization", "Bearer "+testKey); q.Header.Del("X-Api-Key") }).want(t, 403, bodyForbidden)
	change(func(q *http.Request) { q.Method = http.MethodPut }).want(t, 403, bodyNoRoute)
	for _, path := range []string{"/BiometricAuthRequest", "/admin/public/api/biometric-geo-fence-auth-results", pathPush + "/", "/../x"} {
		r.do(r.request(path, body)).want(t, 403, bodyNoRoute)
	}
	if n := r.Pushes(alice); n != 0 {
		t.Errorf("%d pushes", n)
	}
	lax := New(Options{Default: Step{Behaviour: Manual}})
	for key, want := range map[string]bool{"": false, "whatever": true} {
		o := lax.Options()
		if keyAccepted(key, &o) != want {
			t.Errorf("key %q with no key set", key)
		}
	}
}

func TestValidation(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Manual}})
	tests := []struct {
		name, path, body, text string
		status                 int
	}{
		{"no mobile", pathPush, `{}`, `{"message":"The mobile field is required.","errors":{"mobile":["The mobile field is required."]}}`, 422},
		{"no json", pathPush, `mobile`, "The mobile field is required.", 422},
		{"number", pathResult, `{"mobile":919876543210}`, "The mobile field is required.", 422},
		{"no plus", pathPolicy, `{"mobile":"919876543210"}`, "The mobile format is invalid.", 422},
		{"too short", pathPush, `{"mobile":"+1234"}`, "The mobile format is invalid.", 422},
		{"letters", pathPush, `{"mobile":"+91987abc"}`, "The mobile format is invalid.", 422},
		{"no email", pathLookUp, `{"mobile":"+919876543210"}`, `{"message":"The email field is required.","errors":{"email":["The email field is required."]}}`, 422},
		{"bad email", pathLookUp, `{"email":"carol"}`, "The email must be a valid email address.", 422},
		{"long", pathPush, `{"mobile":"` + strings.Repeat("1", maxBody) + `"}`, "Request Too Long", 413},
		{"long text", pathPush, `{"mobile":"` + bob + `","requestFrom":"` + strings.Repeat("é", 600) + `"}`, textSent, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { r.do(r.request(tt.path, tt.body)).want(t, tt.status, tt.text) })
	}
	t.Run("chunked body", func(t *testing.T) {
		req := r.request(pathPush, `{"mobile":"`+bob+`"}`)
		req.ContentLength = -1
		r.do(req).want(t, 200, textSent)
	})
	t.Run("form", func(t *testing.T) {
		req := r.request(pathPush, "mobile=%2B919876543210&requestFrom=x")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		r.do(req).want(t, 200, textSent)
		req = r.request(pathPush, "mobile=%")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.do(req).want(t, 422, "required")
	})
}

func TestGoldenEnvelopes(t *testing.T) {
	r := newRig(t, Options{})
	r.Set(Person{Mobile: alice, Email: "Alice@example.com", Name: `Al "the" ice`, Behaviour: Approve})
	const debug = `"debug":{"timestamp":"2026-11-23T09:00:00.471373Z","activityId":"ID"}}`
	const instance = `"instance":"/services/ivalt_apis/ivalt_laravel_api/public/api/`
	tests := []struct {
		name string
		got  answer
		want string
	}{
		{"pending", r.poll(alice), `{"data":null,"error":{"type":"https://httpstatuses.com/404","title":"Not Found","status":404,` +
			`"detail":"The mobile number provided (+919876543210) was not found.",` + instance + `validate-geo-fence-auth"},` + debug},
		{"pending plain", r.pollPlain(alice), `{"data":null,"error":{"type":"https://httpstatuses.com/422","title":"Unprocessable Entity",` +
			`"status":422,"detail":"Authentication pending",` + instance + `validate/global/auth"},` + debug},
		{"sent", r.push(alice), `{"data":{"status":true,"message":"Biometric Auth Request successfully sent.","details":null},"error":null,` + debug},
		{"approved", r.poll(alice), `{"data":{"status":true,"message":"Biometric Authentication successfully done.","details":{"id":` +
			`287265,"name":"Al \"the\" ice","email":"alice@example.com","country_code":"+91","mobile":"9876543210",` +
			`"latitude":"30.7046","longitude":"76.7179","imei":"000000000000000","address":"Rehearsal Street 1"}},"error":null,` + debug},
		{"unknown", r.push(bob), `{"data":null,"error":{"type":"https://httpstatuses.com/404","title":"Not Found","status":404,` +
			`"detail":"The mobile number provided (+491701234567) was not found.",` + instance + `send/global/notification"},` + debug},
	}
	activity := regexp.MustCompile(`"activityId":"[A-Za-z0-9_-]{22}"`)
	seen := map[string]bool{}
	for _, tt := range tests {
		id := activity.FindString(tt.got.body)
		if seen[id] {
			t.Errorf("%s: activityId %q again", tt.name, id)
		}
		seen[id] = true
		if got := activity.ReplaceAllString(tt.got.body, `"activityId":"ID"`); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
		if kind := tt.got.header.Get("Content-Type"); kind != "application/json" {
			t.Errorf("%s: Content-Type %q", tt.name, kind)
		}
	}
}

func TestSetChangesAPerson(t *testing.T) {
	r := newRig(t, Options{})
	r.Set(Person{Email: "old@example.com", Mobile: alice, Behaviour: Approve})
	r.push(alice)
	r.Set(Person{Email: "new@example.com", Mobile: "+91 (98765) 432-10", Behaviour: Deny})
	r.lookUp("old@example.com").want(t, 400, "USER_NOT_FOUND")
	r.lookUp("NEW@example.com").want(t, 200, alice)
	r.poll(alice).want(t, 200, textApproved) // the open push keeps its reaction
	if r.Pushes(alice) != 1 {
		t.Error("the count is gone")
	}
	r.Set(Person{Email: "new@example.com", Mobile: bob, Behaviour: Deny})
	r.lookUp("new@example.com").want(t, 200, bob)
}

func TestRequestsAreLoggedNewestFirst(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Manual}})
	r.lookUp("carol@example.com")
	r.push(alice)
	r.do(r.request("/nowhere", "{}"))
	got := r.Requests()
	if len(got) != 3 || got[0].Path != "/nowhere" || got[0].Status != 403 || got[1].Mobile != alice ||
		got[1].Endpoint != PushEndpoint || got[2].Email != "carol@example.com" {
		t.Errorf("log: %+v", got)
	}
	for range maxOpen + 3 {
		r.push(alice)
	}
	r.book.with(alice, func(ph *phone) {
		if len(ph.open) != maxOpen {
			t.Errorf("%d open pushes", len(ph.open))
		}
	})
	small := newRing[int](2)
	for i := range 5 {
		small.add(i)
	}
	if last := small.last(9); len(last) != 2 || last[0] != 4 || last[1] != 3 {
		t.Errorf("ring: %v", last)
	}
}

func TestManyAtOnce(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Approve}, Limits: Limits{PerHour: 100_000}})
	if err := r.Inject(Fault{Kind: ServerError, Mobile: bob, Requests: 5}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 25 {
				mobile := fmt.Sprintf("+9990000%02d%04d", worker, i)
				if a := r.push(mobile); a.status != 200 {
					t.Errorf("push: %d %s", a.status, a.body)
				}
				if a := r.poll(mobile); !a.proof(mobile) {
					t.Errorf("poll: %d %s", a.status, a.body)
				}
				r.Set(Person{Mobile: bob, Behaviour: Manual})
				r.push(bob)
				r.Approve(bob)
				_, _, _ = r.Requests(), r.Faults(), r.People()
			}
		})
	}
	all.Wait()
	if n := r.Counters(); n.Requests != 600 || n.Faults != 5 || n.Pushes != 395 {
		t.Errorf("counters: %+v", n)
	}
}
