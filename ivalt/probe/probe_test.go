package probe

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/secret"
)

// scene is one kind of iVALT and what the walk has to find out about it.
type scene struct {
	name    string
	cloud   ivalttest.Options
	gateway func(*gateway.Options)
	faults  []ivalttest.Fault
	person  ivalttest.Person // who is asked, beside e-mail, mobile and name; the zero Behaviour is Manual
	says    map[Kind]string
	limp    bool
	still   Kind
	fails   Kind
	lie     ivalttest.FaultKind
	email   string // that is looked up, where it is not the person's
	expiry  bool

	settings string            // the YAML without remarks, on one line
	found    map[string]string // how an answer begins, by its finding's key
	remark   string            // in the YAML
	ended    error
	pushes   int
}

// play walks through a scene inside a synctest bubble.
func (s scene) play(t *testing.T) {
	t.Helper()
	s.cloud.APIKey = secret.New(testKey)
	cloud := ivalttest.New(s.cloud)
	s.person.Email, s.person.Mobile, s.person.Name = testEmail, testMobile, testName
	if s.person.Behaviour == ivalttest.Unknown {
		s.person.Behaviour = ivalttest.Manual
	}
	cloud.Set(s.person)
	for _, f := range s.faults {
		if err := cloud.Inject(f); err != nil {
			t.Fatal(err)
		}
	}
	o := serve(t, cloud)
	if s.gateway != nil {
		s.gateway(&o.Gateway)
	}
	if s.email != "" {
		o.Email = secret.New(s.email)
	}
	p := &person{cloud: cloud, says: s.says, limp: s.limp, still: s.still, fails: s.fails, lie: s.lie}
	o.Person, o.WaitExpiry = p, s.expiry
	r := Run(t.Context(), o)
	s.check(t, r)
	s.checkCalls(t, cloud, o, r)
	noCanary(t, outputs(t, r, p))
}

func (s scene) check(t *testing.T, r Report) {
	t.Helper()
	if (s.ended == nil) != (r.Ended == nil) || s.ended != nil && r.Ended.Error() != s.ended.Error() {
		t.Errorf("ended with %v, want %v", r.Ended, s.ended)
	}
	var lines []string
	for line := range strings.Lines(r.Settings.YAML()) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if got := strings.Join(lines[1:], "; "); got != s.settings {
		t.Errorf("settings: %s\n    want: %s", got, s.settings)
	}
	if complete := !strings.Contains(s.settings, "not answered") && !strings.Contains(s.settings, Unknown) && !strings.Contains(s.settings, "# pending"); r.Settings.Complete() != complete {
		t.Errorf("complete: %t", !complete)
	}
	if !strings.Contains(r.Settings.YAML(), s.remark) || s.remark == "" && strings.Contains(r.Settings.YAML(), "WARNING") {
		t.Errorf("remarks: %q, want %q", r.Settings.YAML(), s.remark)
	}
	got := answersOf(r)
	for key, want := range s.found {
		if answer, known := got[key]; !known || !strings.HasPrefix(answer, want) {
			t.Errorf("%s: %q, want %q", key, answer, want)
		}
	}
}

// checkCalls: what a walk promises of its requests.
func (s scene) checkCalls(t *testing.T, cloud *ivalttest.Cloud, o Options, r Report) {
	t.Helper()
	n := cloud.Counters()
	if n.Submissions != 0 || n.Redirects != 0 {
		t.Errorf("%d submissions, %d redirects", n.Submissions, n.Redirects)
	}
	if got := cloud.Pushes(testMobile); got != s.pushes || got > Rings+MoreRings || !o.WaitExpiry && got > Rings {
		t.Errorf("the phone rang %d times, want %d", got, s.pushes)
	}
	all := cloud.Requests()
	slices.Reverse(all)
	if r.Calls > o.Calls() || len(all) > o.Calls() {
		t.Errorf("%d calls, %d arrived, %d were announced", r.Calls, len(all), o.Calls())
	}
	for i, request := range all[:max(0, len(all)-1)] {
		if gap := all[i+1].Time.Sub(request.Time); gap < apart {
			t.Errorf("call %d left %s after the last one", i+2, gap)
		}
	}
}

func laravel(path string) func(*gateway.Options) {
	return func(o *gateway.Options) { o.URL, o.Dialect = o.URL+path, gateway.DialectLaravel }
}

const (
	laravelBase = "/admin/public/api"
	rest404     = `; pending: ["404"]`
)

// told is a person who answers everything.
func told() map[Kind]string { return map[Kind]string{Consent: Yes, Shown: Whole, ApproveUnread: Done} }

func TestWalks(t *testing.T) {
	for _, s := range slices.Concat(kinds(), statuses(), others(), outages(), dialects(), odd()) {
		t.Run(s.name, func(t *testing.T) { synctest.Test(t, s.play) })
	}
}

const (
	gate    = "dialect: gateway; endpoint: geofence; result: "
	nothing = "# dialect: not answered; # endpoint: not answered; result: unknown; # pending: leave it out"
)

// kinds are simulators that keep results in their ways.
func kinds() []scene {
	return []scene{
		{
			name: "as captured", says: told(), pushes: 5, settings: gate + Consumed + rest404,
			found: map[string]string{
				"dialect": "gateway", "endpoint": "geofence", "result": Consumed, "reset": "a push clears it", "lifetime": "? ",
				"pending_geofence": "404", "pending_plain": "422", "idle": "404, pending: \"The mobile number provided (<…>) was not found.\"; 422, pending",
				"push": "200, accepted: \"Biometric Auth Request successfully sent.\"", "approval": "200, approved: \"Biometric Authentication successfully done.\"",
				"echo": "as country_code and mobile", "time": "no", "request_id": "no", "denial": "401, denied: \"Denied - User denied biometric authentication.\"",
				"expiry": "? only --wait-expiry", "wrong_key": "403, bad key or path: \"Forbidden\"", "no_path": "403, bad key or path: \"Missing Authentication Token\"",
				"unknown_user": "400, unknown: \"User with email <email> not found\"", "limits": "nothing", "clock": "less than 1 s",
				"request_from":   "60: taken, whole; 128: taken, whole; 255: taken, whole",
				"mobile_formats": "mobile without the plus: refused (422, bad request); mobile with spaces: refused (422, bad request)",
				"policy":         "? ", "key_scope": "? ", "several_people": "? ", "callback": "? ",
			},
		},
		{
			name: "sticky, a push clears", cloud: ivalttest.Options{Sticky: true}, pushes: 5, settings: gate + Sticky + rest404,
			found: map[string]string{"reset": "a push clears it", "lifetime": "at least ", "request_from": "60: taken; 128: taken; 255: taken"},
		},
		{
			name: "sticky, a push keeps", cloud: ivalttest.Options{Sticky: true, KeepResults: true}, says: told(), pushes: 5,
			settings: gate + Sticky + rest404, found: map[string]string{"reset": "a push leaves it", "denial": "401, denied"},
		},
		{
			name: "consumed, a push keeps", cloud: ivalttest.Options{KeepResults: true}, says: told(), pushes: 5,
			settings: gate + Consumed + rest404, found: map[string]string{"reset": "a push leaves it"},
		},
		{
			name: "nobody says whether the approval was done", pushes: 5, settings: gate + Consumed + rest404,
			says: map[Kind]string{ApproveUnread: "something else"}, found: map[string]string{"reset": "? no result was there"},
		},
	}
}

// statuses are simulators that say things in their ways.
func statuses() []scene {
	return []scene{
		{
			name: "pending is 422", cloud: ivalttest.Options{Pending: ivalttest.Pending422}, pushes: 5,
			settings: gate + Consumed + `; pending: ["422"]`, found: map[string]string{"pending_geofence": "422", "pending_plain": "422"},
		},
		{
			name: "pending is 400 and 404", cloud: ivalttest.Options{Pending: ivalttest.Pending400, PendingPlain: ivalttest.Pending404}, pushes: 5,
			settings: gate + Consumed + `; pending: ["400"]`, found: map[string]string{"pending_geofence": "400", "pending_plain": "404"},
		},
		{
			name: "a no is 403, too late is 403", cloud: ivalttest.Options{Denial: habit.Denial403, Expiry: habit.Expiry403}, expiry: true, pushes: 6,
			settings: gate + Consumed + rest404, found: map[string]string{"denial": "403, denied", "expiry": "403, expired"},
		},
		{
			name: "too late is as before", expiry: true, pushes: 6, settings: gate + Consumed + rest404,
			found: map[string]string{"expiry": "not at all: it stays 404, pending"},
		},
		{
			name: "a no is not told", pushes: 5, settings: gate + Consumed + rest404, still: DenyNow,
			found: map[string]string{"denial": "not at all: it stays 404, pending"},
		},
		{
			name: "a no is not told, and the old result stays", cloud: ivalttest.Options{Sticky: true, KeepResults: true}, pushes: 5,
			settings: gate + Sticky + rest404, still: DenyNow, found: map[string]string{"denial": "not at all: it stays 200, approved"},
		},
		{
			name: "ids, a wrong clock, 202, short texts", pushes: 4, settings: gate + Consumed + rest404, says: told(),
			cloud: ivalttest.Options{RequestIDs: true, ClockOffset: -90 * time.Second, PushStatus: 202, MaxRequestFrom: 128, NotFoundStatus: 404},
			found: map[string]string{
				"request_id": "push: data.details.request_id; result, geofence: data.details.request_id", "clock": "90 s behind", "push": "202, accepted",
				"request_from": "60: taken, whole; 128: taken, whole; 255: refused (422, bad request)", "unknown_user": "404, unknown",
			},
		},
	}
}

// others are simulators with limits, of the other dialect, and with policy.
func others() []scene {
	limits := ivalttest.DocumentedLimits()
	return []scene{
		{
			name: "digits alone are taken, headers speak of the minute", cloud: ivalttest.Options{Mobiles: habit.MobilesDigits, Limits: limits}, pushes: 5,
			settings: gate + Consumed + rest404, remark: "X-RateLimit-Limit was 100",
			found: map[string]string{
				"mobile_formats": "mobile without the plus: answered as E.164 is; mobile with spaces: refused", "limits": "limit 100, up to ",
			},
		},
		{
			name: "headers speak of the hour", cloud: ivalttest.Options{Limits: limits, RateHeaders: habit.HeadersHour}, pushes: 5,
			settings: gate + Consumed + rest404, remark: "X-RateLimit-Limit was 1000", found: map[string]string{"limits": "limit 1000, up to 3600 s"},
		},
		{
			name: "limits without headers", cloud: ivalttest.Options{Limits: limits, RateHeaders: habit.HeadersNone}, pushes: 5,
			settings: gate + Consumed + rest404, found: map[string]string{"limits": "nothing"},
		},
		{
			name: "laravel", cloud: ivalttest.Options{Dialect: habit.Laravel}, gateway: laravel(laravelBase), says: told(), pushes: 5,
			settings: "dialect: laravel; endpoint: geofence; result: " + Consumed + rest404, found: map[string]string{"dialect": "laravel"},
		},
		{
			name: "laravel at the bare host, sticky", cloud: ivalttest.Options{Dialect: habit.Laravel, Sticky: true}, gateway: laravel(""), pushes: 5,
			settings: "dialect: laravel; endpoint: geofence; result: " + Sticky + rest404,
		},
		{
			name: "outside the geofence", person: ivalttest.Person{Behaviour: ivalttest.Geofence, After: 20 * time.Second}, cloud: ivalttest.Options{Sticky: true}, pushes: 5,
			settings: gate + Sticky + rest404, limp: true,
			found: map[string]string{"policy": "403, geofence: \"You are not within the geofencing location.\"", "approval": "200, approved"},
		},
		{
			name: "outside the hours", person: ivalttest.Person{Behaviour: ivalttest.Timezone, After: 20 * time.Second}, cloud: ivalttest.Options{Sticky: true}, pushes: 5,
			settings: gate + Sticky + rest404, limp: true, found: map[string]string{"policy": "403, timezone"},
		},
	}
}
