package ivalt

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/secret"
)

// rehearsal is a service whose own HTTP client speaks to the simulator.
type rehearsal struct {
	*Service
	cloud *ivalttest.Cloud
}

// rehearse starts one inside a synctest bubble. Its process is old enough to trust mobiles that it has not seen.
func rehearse(t *testing.T, o ivalttest.Options) *rehearsal {
	t.Helper()
	return rehearseWith(t, o, settings())
}

// rehearseWith is rehearse with other settings. The host of their URL does not matter.
func rehearseWith(t *testing.T, o ivalttest.Options, s Settings) *rehearsal {
	t.Helper()
	o.APIKey = secret.New(testKey)
	r := &rehearsal{cloud: ivalttest.New(o)}
	dial := gatewaytest.Serve(t, r.cloud)
	s.API.URL = strings.Replace(s.API.URL, "https://api.ivalt.com", "http://127.0.0.1", 1)
	r.Service = start(t, s)
	options, faults := s.API.Options()
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	options.Connections, options.Dial = 4, dial
	r.scheduler.client = gateway.New(options)
	t.Cleanup(r.Close)
	<-time.After(dirtyFor)
	return r
}

// ada is asked by e-mail, so that a login needs all three calls. Her number is made from it.
const ada = "ada@example.com"

func (r *rehearsal) login(t *testing.T) auth.Answer {
	t.Helper()
	p := byEmail(t, "a1", ada)
	p.Deadline = time.Now().Add(20 * time.Second)
	return askAndWait(t.Context(), r.Service, p)
}

// TestNothingHostileApproves is every false answer that the simulator knows, at every place, while the person would approve:
// from the beginning, and from the first regular poll on, where the sentinel has found nothing to suspect.
func TestNothingHostileApproves(t *testing.T) {
	for _, h := range ivalttest.Hostile() {
		t.Run(h.Name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { meetFault(t, h.Fault, 0) }) })
		// A perfect approval at a regular poll is nobody's lie.
		if h.Fault.Endpoint == ivalttest.ResultEndpoint && h.Fault.Kind != ivalttest.StaleApproval {
			t.Run(h.Name+"/late", func(t *testing.T) { synctest.Test(t, func(t *testing.T) { meetFault(t, h.Fault, 2*time.Second) }) })
		}
	}
}

func meetFault(t *testing.T, f ivalttest.Fault, after time.Duration) {
	t.Helper()
	r := rehearse(t, ivalttest.Options{Sticky: true})
	r.cloud.Set(ivalttest.Person{Email: ada, Behaviour: ivalttest.Approve, After: 3 * time.Second})
	inject := func() {
		if err := r.cloud.Inject(f); err != nil {
			t.Error(err)
		}
	}
	if after == 0 {
		inject()
	} else {
		time.AfterFunc(after, inject)
	}
	if a := r.login(t); a.Outcome == auth.Approved {
		t.Errorf("approved: %+v", a)
	}
	n := r.cloud.Counters()
	if n.Redirects != 0 {
		t.Errorf("%d redirects followed", n.Redirects)
	}
	if n.Faults == 0 {
		t.Error("the login never met the fault")
	}
}

// TestBehaviours is what every kind of person comes to.
func TestBehaviours(t *testing.T) {
	sticky := ivalttest.Options{Sticky: true, KeepResults: true}
	for _, tc := range []struct {
		name    string
		options ivalttest.Options
		does    ivalttest.Behaviour
		after   time.Duration
		want    auth.Outcome
	}{
		{"approves", ivalttest.Options{}, ivalttest.Approve, 6 * time.Second, auth.Approved},
		{"approves, sticky", sticky, ivalttest.Approve, 6 * time.Second, auth.Approved},
		{"approves, pending is 404", ivalttest.Options{Pending: ivalttest.Pending404}, ivalttest.Approve, 6 * time.Second, auth.Approved},
		{"approves, pending is 422", ivalttest.Options{Pending: ivalttest.Pending422}, ivalttest.Approve, 6 * time.Second, auth.Approved},
		{"approves, pending is 400", ivalttest.Options{Pending: ivalttest.Pending400}, ivalttest.Approve, 6 * time.Second, auth.Approved},
		{"approves, sent is 201", ivalttest.Options{PushStatus: 201}, ivalttest.Approve, 6 * time.Second, auth.Approved},
		{"approves, sent is 202", ivalttest.Options{PushStatus: 202}, ivalttest.Approve, 6 * time.Second, auth.Approved},
		{"approves as nobody can", ivalttest.Options{}, ivalttest.Approve, 0, auth.TimedOut},
		{"approves as nobody can, sticky", sticky, ivalttest.Approve, 0, auth.Stale},
		{"denies", ivalttest.Options{}, ivalttest.Deny, 6 * time.Second, auth.Denied},
		{"closes the prompt", ivalttest.Options{}, ivalttest.DenySilent, 0, auth.TimedOut},
		{"ignores it", ivalttest.Options{}, ivalttest.Ignore, 0, auth.TimedOut},
		{"stands elsewhere", ivalttest.Options{}, ivalttest.Geofence, 6 * time.Second, auth.OutsideFence},
		{"comes at night", ivalttest.Options{}, ivalttest.Timezone, 6 * time.Second, auth.OutsideTime},
		{"waits for the page", ivalttest.Options{}, ivalttest.Manual, 0, auth.TimedOut},
		{"is late", ivalttest.Options{}, ivalttest.Late, 0, auth.TimedOut},
		{"is unknown", ivalttest.Options{}, ivalttest.Unknown, 0, auth.NotEnrolled},
		{"is unknown, 404", ivalttest.Options{NotFoundStatus: 404}, ivalttest.Unknown, 0, auth.NotEnrolled},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rehearse(t, tc.options)
				r.cloud.Set(ivalttest.Person{Email: ada, Behaviour: tc.does, After: tc.after})
				a := r.login(t)
				if a.Outcome != tc.want {
					t.Errorf("%s (%s), want %s", a.Outcome.String(), a.Detail, tc.want.String())
				}
				pushes := int64(1)
				if tc.does == ivalttest.Unknown {
					pushes = 0
				}
				if n := r.cloud.Counters(); n.Pushes != pushes || n.Refused != 0 {
					t.Errorf("%d pushes, want %d; %d refused", n.Pushes, pushes, n.Refused)
				}
				if tc.want == auth.Approved && a.Mobile != mobile(t, ivalttest.DerivedMobile(ada)) {
					t.Errorf("approved for %s", a.Mobile)
				}
			})
		})
	}
}
