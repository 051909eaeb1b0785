package habit

import (
	"encoding"
	"fmt"
	"strings"
	"testing"

	"ivalt-radius/ivalt/ivalttest/answers"
	"ivalt-radius/ivalt/ivalttest/plan"
)

// word is a switch that reads and writes its words.
type word interface {
	encoding.TextUnmarshaler
	fmt.Stringer
}

func TestWords(t *testing.T) {
	for name, tt := range map[string]struct {
		into  word
		words string
	}{
		"dialect":      {new(Dialect), "gateway laravel both"},
		"denial":       {new(Denial), "401 403"},
		"expiry":       {new(Expiry), "pending 403"},
		"rate headers": {new(RateHeaders), "minute hour none"},
		"mobiles":      {new(Mobiles), "e164 digits"},
		"pending":      {new(Pending), "captured 404 422 400"},
	} {
		t.Run(name, func(t *testing.T) {
			first := tt.into.String()
			for text := range strings.FieldsSeq(tt.words) {
				if err := tt.into.UnmarshalText([]byte(text)); err != nil || tt.into.String() != text {
					t.Errorf("%s became %s, %v", text, tt.into, err)
				}
				written, ok := tt.into.(encoding.TextMarshaler)
				if b, err := written.MarshalText(); !ok || err != nil || string(b) != text {
					t.Errorf("%s written as %s, %v", text, b, err)
				}
			}
			last := tt.into.String()
			if err := tt.into.UnmarshalText([]byte("teapot")); err == nil || !strings.Contains(err.Error(), first+", ") || tt.into.String() != last {
				t.Errorf("a word that is none: %v, now %s", err, tt.into)
			}
			if !strings.HasPrefix(tt.words, first+" ") {
				t.Errorf("the zero value is %s", first)
			}
		})
	}
	if Dialect(99).String() != "gateway" || Pending(99).String() != "captured" {
		t.Error("a value out of range has a word of its own")
	}
	if p, err := ParsePending("422"); err != nil || p != Pending422 {
		t.Error(p, err)
	}
}

func TestRoutes(t *testing.T) {
	type to struct {
		endpoint answers.Endpoint
		policy   Policy
	}
	nowhere := to{}
	push, plain, policy := to{answers.PushEndpoint, NoPolicy}, to{answers.ResultEndpoint, NoPolicy}, to{answers.ResultEndpoint, WithPolicy}
	lookUp, submit := to{answers.LookUpEndpoint, NoPolicy}, to{answers.SubmitEndpoint, NoPolicy}
	for path, want := range map[string][3]to{ // gateway, laravel, both
		"/get-user-by-email":                                      {lookUp, lookUp, lookUp},
		"/biometric-auth-request":                                 {push, nowhere, push},
		"/biometric-auth-result":                                  {plain, nowhere, plain},
		"/biometric-geo-fence-auth-results":                       {policy, nowhere, policy},
		"/send/global/notification":                               {nowhere, push, push},
		"/validate/global/auth":                                   {nowhere, plain, plain},
		"/validate-geo-fence-auth":                                {nowhere, policy, policy},
		"/admin/public/api/get-user-by-email":                     {nowhere, lookUp, lookUp},
		"/admin/public/api/send/global/notification":              {nowhere, push, push},
		"/admin/public/api/validate/global/auth":                  {nowhere, plain, plain},
		"/admin/public/api/validate-geo-fence-auth":               {nowhere, policy, policy},
		"/admin/public/api/biometric-geo-fence-auth-results":      {nowhere, submit, submit}, // the trap
		"/admin/public/api/biometric-auth-request":                {nowhere, nowhere, nowhere},
		"/admin/public/api":                                       {nowhere, nowhere, nowhere},
		"/admin/public/api/admin/public/api/validate/global/auth": {nowhere, nowhere, nowhere},
		"": {nowhere, nowhere, nowhere},
	} {
		for d, want := range want {
			if e, p := Dialect(d).Route(path); (to{e, p}) != want {
				t.Errorf("%s, %q: %s, policy %d", Dialect(d), path, e, p)
			}
		}
	}
	if e, _ := Dialect(99).Route("/send/global/notification"); e != answers.AnyEndpoint {
		t.Error("a dialect out of range knows Laravel")
	}
}

func TestWays(t *testing.T) {
	for pending, want := range map[Pending][2]int{
		PendingCaptured: {422, 404}, Pending404: {404, 404}, Pending422: {422, 422}, Pending400: {400, 400}, 99: {422, 422},
	} {
		if got := [2]int{pending.Status(NoPolicy), pending.Status(WithPolicy)}; got != want {
			t.Errorf("%s: %v", pending, got)
		}
	}
	if HeadersMinute.Window() != plan.Minute || HeadersHour.Window() != plan.Hour || HeadersNone.Window() != plan.Minute {
		t.Error("headers speak of another window")
	}
	for spelled, want := range map[string][2]string{"91987": {"91987", "+91987"}, "+91987": {"+91987", "+91987"}, "": {"", ""}} {
		if got := [2]string{MobilesE164.Spelled(spelled), MobilesDigits.Spelled(spelled)}; got != want {
			t.Errorf("%q: %q", spelled, got)
		}
	}
}
