package gateway

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/gateway/signature"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/secret"
)

// recorded is a client of a server that keeps the requests it got; their bodies are read.
func recorded(t *testing.T, base string, o Options) (*Client, *[]*http.Request, *[]string) {
	t.Helper()
	var requests []*http.Request
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests, bodies = append(requests, r), append(bodies, string(body))
		answer(w, 404, gatewaytest.Pending)
	}))
	t.Cleanup(server.Close)
	o.URL = server.URL + base
	return newTestClient(t, o), &requests, &bodies
}

// allCalls makes every call that there is, once.
func allCalls(t *testing.T, c *Client) []Result {
	t.Helper()
	results := []Result{c.LookUp(t.Context(), theEmail), c.Push(t.Context(), orderOf(t)), c.Poll(t.Context(), theQuestion(t))}
	for e := range Endpoints {
		results = append(results, c.Probe(t.Context(), e))
	}
	return results
}

func TestHeaders(t *testing.T) {
	c, requests, _ := recorded(t, "", Options{Version: "v1.2-3-gab\r\nX-Evil: 1"})
	results, seen := allCalls(t, c), map[string]bool{}
	for i, r := range *requests {
		for name, want := range map[string]string{
			"User-Agent": "ivalt-radius/v1.2-3-gabX-Evil1", "Cache-Control": "no-cache", "Pragma": "no-cache", "X-Request-Id": results[i].RequestID,
			"X-Api-Key": testKey, "Content-Type": "application/json", "Accept": "application/json",
			"X-Forwarded-For": "", "X-Evil": "", "X-Signature": "", "X-Timestamp": "", "X-Nonce": "",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		id, err := hex.DecodeString(results[i].RequestID)
		if results[i].Path == "" || results[i].Took <= 0 {
			t.Errorf("%q took %s", results[i].Path, results[i].Took)
		}
		if err != nil || len(id) != 16 || seen[results[i].RequestID] {
			t.Errorf("request id %q", results[i].RequestID)
		}
		seen[results[i].RequestID] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d requests", len(seen))
	}
	if agent("") != "ivalt-radius" || len(agent(strings.Repeat("x", 500))) > 80 {
		t.Error("no version, or a long one")
	}
}

func TestTheClientsAddress(t *testing.T) {
	for _, tc := range []struct {
		name    string
		tell    bool
		address string
		want    string
	}{
		{"nobody asked for it", false, "203.0.113.7", ""},
		{"IPv4", true, "203.0.113.7", "203.0.113.7"},
		{"IPv6", true, "2001:DB8:0::1", "2001:db8::1"},
		{"IPv4 in IPv6", true, "::ffff:203.0.113.7", "203.0.113.7"},
		{"zone", true, "fe80::1%eth0", "fe80::1"},
		{"none", true, "", ""},
		{"a phone number", true, testMobile, ""},
		{"two", true, "203.0.113.7, 10.0.0.1", ""},
		{"another header", true, "203.0.113.7\r\nX-Evil: 1", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, requests, bodies := recorded(t, "", Options{TellAddress: tc.tell})
			o, q := orderOf(t), theQuestion(t)
			o.Address, q.Address = tc.address, tc.address
			c.LookUp(t.Context(), theEmail)
			c.Push(t.Context(), o)
			c.Poll(t.Context(), q)
			for i, want := range []string{"", tc.want, tc.want} {
				if got := strings.Join((*requests)[i].Header.Values("X-Forwarded-For"), "|"); got != want {
					t.Errorf("call %d: %q, want %q", i, got, want)
				}
				if tc.address != "" && tc.address != testMobile && strings.Contains((*bodies)[i], tc.address) {
					t.Errorf("call %d: the body tells it", i)
				}
			}
		})
	}
}

// scribbler answers nothing, and writes over every header that it gets.
type scribbler struct{ seen []string }

func (s *scribbler) RoundTrip(r *http.Request) (*http.Response, error) {
	for name, values := range r.Header {
		s.seen = append(s.seen, name+": "+values[0])
		values[0] = "scribbled"
		r.Header[name] = append(values, "more")
	}
	return nil, io.EOF
}

// TestARequestsHeaderIsItsOwn: what is written to one request's header reaches neither its other values nor the next request.
func TestARequestsHeaderIsItsOwn(t *testing.T) {
	s := &scribbler{}
	c := newTestClient(t, Options{URL: "https://api.example", Transport: s, TellAddress: true})
	for range 2 {
		q := theQuestion(t)
		q.Address = "203.0.113.7"
		c.Poll(t.Context(), q)
	}
	if len(s.seen) != 16 || slices.ContainsFunc(s.seen, func(line string) bool { return strings.Contains(line, "scribbled") || strings.Contains(line, ": more") }) {
		t.Errorf("%q", s.seen)
	}
}

func TestEveryRequestIsSigned(t *testing.T) {
	for _, base := range []string{"", "/base", "/a%2Fb/c%20d", "/ä/x!y(z)*"} {
		key := secret.New(strings.Repeat("s", 32))
		c, requests, bodies := recorded(t, base, Options{Signing: key})
		allCalls(t, c)
		v := signature.Verifier{Key: key}
		for i, r := range *requests {
			if err := v.Verify(r, []byte((*bodies)[i]), time.Now()); err != nil {
				t.Errorf("%s: %v", r.RequestURI, err)
			}
			if err := v.Verify(r, []byte((*bodies)[i]+" "), time.Now()); err == nil {
				t.Errorf("%s: a changed body verifies", r.RequestURI)
			}
		}
		if len(*requests) != 6 {
			t.Errorf("%d requests", len(*requests))
		}
	}
}

// TestPathsOfTheDialects: one table, and under the Laravel base never the path that submits a result there.
func TestPathsOfTheDialects(t *testing.T) {
	const lara = "/admin/public/api"
	for _, tc := range []struct {
		dialect, endpoint, base string
		want                    []string
	}{
		{"", "", "", []string{lookUpPath, pushPath, resultPath}},
		{DialectGateway, EndpointGeofence, "", []string{"/get-user-by-email", "/biometric-auth-request", "/biometric-geo-fence-auth-results"}},
		{DialectGateway, EndpointPlain, "/v2/", []string{"/v2/get-user-by-email", "/v2/biometric-auth-request", "/v2/biometric-auth-result"}},
		{DialectLaravel, "", lara, []string{lara + "/get-user-by-email", lara + "/send/global/notification", lara + "/validate-geo-fence-auth"}},
		{DialectLaravel, EndpointPlain, lara + "/", []string{lara + "/get-user-by-email", lara + "/send/global/notification", lara + "/validate/global/auth"}},
	} {
		t.Run(tc.dialect+" "+tc.endpoint, func(t *testing.T) {
			c, requests, _ := recorded(t, tc.base, Options{Dialect: tc.dialect, Endpoint: tc.endpoint})
			allCalls(t, c)
			var got []string
			for _, r := range *requests {
				got = append(got, r.URL.Path)
				if tc.dialect == DialectLaravel && strings.HasSuffix(r.URL.Path, resultPath) {
					t.Errorf("%s would submit a result", r.URL.Path)
				}
			}
			if want := slices.Concat(tc.want, tc.want); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	c, requests, _ := recorded(t, "", Options{Dialect: "klingon"})
	for _, r := range allCalls(t, c) {
		if r.Class != Unsent {
			t.Errorf("%+v", r)
		}
	}
	if len(*requests) > 0 {
		t.Error("a dialect that nobody knows was spoken")
	}
}

func TestPendingStatuses(t *testing.T) {
	for _, status := range []int{202, 204, 400, 404, 422} {
		body := problem("0", "x", "Authentication pending")
		if status == 204 {
			body = ""
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, status, body) }))
		for left, want := range map[int]Class{0: Pending, status: Refused} {
			c := newTestClient(t, Options{URL: server.URL, Refused: []int{left, 500, 200}})
			if got := c.Poll(t.Context(), theQuestion(t)); got.Class != want || got.Status != status {
				t.Errorf("%d without %d: %+v", status, left, got)
			}
		}
		server.Close()
	}
}

func TestProbe(t *testing.T) {
	for body, want := range map[string]Class{
		`{"message":"The mobile field is required.","errors":{"mobile":["x"]}}`: BadRequest, gatewaytest.Pending: Refused, gatewaytest.BadKey: BadKey, `<html>`: Failed,
	} {
		c := plain(t, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, map[Class]int{BadRequest: 422, Refused: 404, BadKey: 403, Failed: 200}[want], body)
		})
		if got := c.Probe(t.Context(), Pushes); got.Class != want {
			t.Errorf("%s, want %s", got.Class, want)
		}
	}
	if Results.String() != "result" || Endpoints.String() != "result" || LookUps.String() != "look-up" {
		t.Error("words")
	}
}
