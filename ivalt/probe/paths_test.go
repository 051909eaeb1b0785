package probe

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/secret"
)

// twisted is a cloud before which something answers some calls itself.
type twisted struct {
	cloud *ivalttest.Cloud
	twist func(w http.ResponseWriter, r *http.Request) (done bool)
}

func (h twisted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.twist(w, r) {
		h.cloud.ServeHTTP(w, r)
	}
}

func refuse(w http.ResponseWriter, status int, message string) bool {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"message":"`+message+`"}`)
	return true
}

// walkTwisted walks with a person who does nothing.
func walkTwisted(t *testing.T, dialect habit.Dialect, change func(*gateway.Options), twist func(http.ResponseWriter, *http.Request) bool) (Report, *ivalttest.Cloud) {
	t.Helper()
	cloud := ivalttest.New(ivalttest.Options{APIKey: secret.New(testKey), Dialect: dialect})
	cloud.Set(ivalttest.Person{Email: testEmail, Mobile: testMobile, Name: testName, Behaviour: ivalttest.Manual})
	o := serve(t, twisted{cloud, twist})
	change(&o.Gateway)
	p := &person{cloud: cloud, limp: true}
	o.Person = p
	r := Run(t.Context(), o)
	noCanary(t, outputs(t, r, p))
	return r, cloud
}

// TestNothingIsSubmitted: where the application's own base answers the look-up alone, the gateway's paths are tried, but for the one
// at which a phone would submit.
func TestNothingIsSubmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := map[string]int{}
		r, cloud := walkTwisted(t, habit.Laravel, laravel(laravelBase), func(w http.ResponseWriter, r *http.Request) bool {
			asked[strings.TrimPrefix(r.URL.Path, laravelBase)]++
			if strings.Contains(r.URL.Path, "validate") {
				return refuse(w, http.StatusForbidden, "Missing Authentication Token")
			}
			return false
		})
		if r.Ended == nil || r.Ended.Error() != errDialect.Error() || r.Settings.Dialect != "" {
			t.Errorf("ended with %v, %+v", r.Ended, r.Settings)
		}
		if cloud.Counters().Submissions != 0 || asked[habit.PathPolicy] != 0 || cloud.Pushes(testMobile) != 0 {
			t.Errorf("asked: %v", asked)
		}
		if slices.ContainsFunc(r.record.Calls, func(c recordedCall) bool { return c.Path == habit.PathPolicy }) {
			t.Error("the record tells of a call that was never to be made")
		}
		if asked[habit.PathResult] != 1 {
			t.Errorf("the path that reads was not tried: %v", asked)
		}
	})
}

// TestPlainAlone: without the geofence endpoint the other one is used. The unknown path looks as an application's own does.
func TestPlainAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := walkTwisted(t, habit.Gateway, func(*gateway.Options) {}, func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == habit.PathPolicy || strings.Contains(r.URL.Path, "no-path") {
				return refuse(w, http.StatusNotFound, "The route could not be found.")
			}
			return false
		})
		if r.Settings.Endpoint != gateway.EndpointPlain || len(r.Settings.Pending) != 1 || r.Settings.Pending[0] != http.StatusUnprocessableEntity {
			t.Errorf("%+v", r.Settings)
		}
		if got := answersOf(r); got["pending_geofence"][0] != '?' || got["pending_plain"] != "422" || got["dialect"] != "gateway" {
			t.Errorf("%v", got)
		}
	})
}

// TestOddRefusals: a wrong key and an unknown person that the server would not know for what they are come with a warning.
func TestOddRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := walkTwisted(t, habit.Gateway, func(*gateway.Options) {}, func(w http.ResponseWriter, r *http.Request) bool {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return refuse(w, http.StatusBadRequest, "Bad")
			}
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			switch {
			case r.Header.Get("X-Api-Key") != testKey:
				return refuse(w, http.StatusBadRequest, "Key invalid")
			case strings.Contains(string(body), ".invalid"):
				return refuse(w, http.StatusInternalServerError, "Error")
			}
			return false
		})
		for _, warning := range []string{"a wrong key is not recognised as one: its answer is taken for bad request.", "an unknown person is not recognised: the answer is taken for failed."} {
			if !strings.Contains(r.Settings.YAML(), warning) {
				t.Errorf("no %q in\n%s", warning, r.Settings.YAML())
			}
		}
	})
}
