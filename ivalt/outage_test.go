package ivalt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit/audittest"
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/breaker"
	"ivalt-radius/ivalt/voice"
)

// page is an answer of something that is not iVALT.
func page() reply {
	return reply{status: 200, body: "<html>" + testKey, header: http.Header{"Content-Type": {"text/html"}}}
}

func TestAnOutageIsLoggedWithItsCause(t *testing.T) {
	dial := func(err error) reply { return reply{err: &net.OpError{Op: "dial", Net: "tcp", Err: err}} }
	hostile := &url.Error{Op: "Post", URL: "https://user:" + testKey + "@api.ivalt.com/?m=" + testMobile, Err: errors.New("odd")}
	for _, tc := range []struct {
		name   string
		answer reply
		word   string
		cause  string
	}{
		{"tls", reply{err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}, "iVALT: TLS certificate not trusted", "x509: certificate signed by unknown authority"},
		{"name", dial(&net.DNSError{Err: "no such host", Name: "api.ivalt.com", IsNotFound: true}), "iVALT: name not found", "no such host"},
		{"refused", dial(syscall.ECONNREFUSED), "iVALT: connection refused", "connection refused"},
		{"time-out", reply{err: context.DeadlineExceeded}, "iVALT: no answer in time", "no answer within 10s"},
		{"hangs", reply{after: time.Hour}, "iVALT: no answer in time", "no answer within 10s"},
		{"5xx", down(), "iVALT: server error", "status 503"},
		{"html", page(), "iVALT: answered no JSON", "status 200: an HTML page"},
		{"broken", broken(), "iVALT: connection failed", "closed before the answer was whole"},
		{"hostile", reply{err: hostile}, "iVALT: connection failed", "the connection broke"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, settings(), func(request) reply { return tc.answer })
				h.level(logrus.InfoLevel)
				h.age()
				for _, p := range []*auth.Push{byEmail(t, "a1", "ada@example.com"), pushTo(t, "a2", testMobile)} {
					if a := h.push(t.Context(), p); a.Outcome != auth.NoAnswer || !a.Outage && !a.Pushed || a.Detail != tc.word {
						t.Errorf("%s: %s, %q; want the detail %q", p.Attempt, a.Outcome.String(), a.Detail, tc.word)
					}
				}
				synctest.Wait()
				log := h.log.String()
				if !strings.Contains(log, "level=warning") || !strings.Contains(log, tc.word) || !strings.Contains(log, tc.cause) || !strings.Contains(log, "host=api.ivalt.com") {
					t.Errorf("the log does not tell the cause:\n%s", log)
				}
				for _, canary := range []string{testKey, testMobile[1:], "ada@", "user:"} {
					if strings.Contains(log, canary) {
						t.Errorf("the log holds %q:\n%s", canary, log)
					}
				}
			})
		})
	}
}

func TestOutageWarningsAreFewAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := true
		h := newHouse(t, settings(), func(request) reply {
			if out {
				return reply{err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}
			}
			return outside()
		})
		h.level(logrus.InfoLevel)
		h.age()
		warnings := func() int { return strings.Count(h.log.String(), "iVALT: connection refused") }
		ends := func() int { return strings.Count(h.log.String(), "iVALT answers again") }
		for i := range 20 {
			h.push(t.Context(), pushTo(t, fmt.Sprintf("a%d", i), testMobile))
		}
		if warnings() != 1 || ends() != 0 || len(h.fake.requests()) != 3 {
			t.Errorf("20 logins at once, %d calls:\n%s", len(h.fake.requests()), h.log)
		}
		<-time.After(voice.Quiet + breaker.Pause)
		synctest.Wait()
		if warnings() != 2 || strings.Count(h.log.String(), "level=error") != 1 {
			t.Errorf("a minute later:\n%s", h.log)
		}
		h.fake.mu.Lock()
		out = false
		h.fake.mu.Unlock()
		<-time.After(15 * time.Second)
		synctest.Wait()
		if ends() != 1 || !strings.Contains(h.log.String(), "ivalt works again") {
			t.Errorf("nobody logged in, and it is back:\n%s", h.log)
		}
		for range 3 {
			h.push(t.Context(), pushTo(t, "c", testMobile))
		}
		if warnings() != 2 || ends() != 1 {
			t.Errorf("after the outage:\n%s", h.log)
		}
	})
}

// TestClosingIsNoOutage: a call that we give up ourselves says nothing about iVALT.
func TestClosingIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(request) reply { return reply{after: time.Hour} })
		h.level(logrus.InfoLevel)
		asked := h.Begin(pushTo(t, "a1", testMobile))
		synctest.Wait()
		h.Close()
		<-asked.Answer()
		if text := h.log.String(); text != "" {
			t.Errorf("the log is\n%s", text)
		}
	})
}

// TestARealOutage goes through the whole transport.
func TestARealOutage(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	s, text := settings(), &audittest.Log{}
	s.API.URL = server.URL
	out := logrus.New()
	out.SetOutput(text)
	service, faults := New(s, Deps{Recorder: &notes{}, Log: out})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Close)
	if a := pushNow(t, service); a.Outcome != auth.NoAnswer || a.Detail != "iVALT: TLS certificate not trusted" {
		t.Errorf("%+v", a)
	}
	if text := text.String(); !strings.Contains(text, "x509: ") || !strings.Contains(text, strings.TrimPrefix(server.URL, "https://")) {
		t.Errorf("the log is\n%s", text)
	}
}

func TestNoPlausibleAddressEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(request) reply { return wait() })
		for _, email := range []string{"", "ada", "@example.com", "ada@", "a@b@c", "a da@example.com", "ada@exa\nmple.com", "\xff@example.com", strings.Repeat("a", 250) + "@b.cd"} {
			a := h.push(t.Context(), byEmail(t, "a1", email))
			if a.Outcome != auth.NotEnrolled || a.Detail != "no e-mail: set users.email or users.file" || a.Pushed {
				t.Errorf("%q: %s, %+v", email, a.Outcome.String(), a)
			}
		}
		if n := len(h.fake.requests()); n != 0 {
			t.Errorf("%d calls", n)
		}
		h.push(t.Context(), byEmail(t, "a2", "Ada.Ö@example.com"))
		if n := h.fake.count(lookUpPath); n != 1 {
			t.Errorf("%d look-ups of a plausible address", n)
		}
	})
}
