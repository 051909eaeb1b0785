package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
)

func testScrubber() *scrubber {
	s := newScrubber(testEmail, secret.New(testKey), secret.New(testSecret))
	s.keepMobile(testMobile)
	s.learnFrom([]byte(`{"data":{"message":"Granted Lovely","details":{"name":"` + testName + `","address":["Elm Grove 7"]}},"debug":{"x":"trace words"}}`))
	return s
}

func TestTexts(t *testing.T) {
	s := testScrubber()
	for text, want := range map[string]string{
		"":                              "",
		"Authentication pending":        "Authentication pending",
		"Denied - User denied":          "Denied - User denied",
		"USER_NOT_FOUND":                "USER_NOT_FOUND",
		"https://httpstatuses.com/404":  "https://httpstatuses.com/#",
		"the 5-minute window, 12.5 s":   "the #-minute window, #.# s",
		"(+919876543210) was":           "(+<…>) was",
		"(+49 170 1234567) was":         "(+# # #) was",
		"User " + testEmail + " not":    "User <email> not",
		"ada.quillfeather%40x.example.": "<email>",
		"sent to Zebedee, zebedee":      "sent to <…>, <…>",
		"ZEBEDEEs phone":                "<…>s phone",
		"Hello Carmela Rossi":           "<…> <…> <…>",
		"near elm grove":                "near <…> <…>",
		"lovely trace words":            "lovely trace words",
		"key " + testKey:                "key <…>",
		"id a1b2c3d4e5":                 "id <…>",
		"id 7VunVYqQ":                   "id <…>",
		"tab\tbell\x07 é \x02":          "tab?bell? ? <…>",
		strings.Repeat("ab ", 200):      strings.Repeat("ab ", 53) + "a...",
		strings.Repeat("a", 400):        "",
	} {
		if got := s.text(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	s := testScrubber()
	for name, want := range map[string]string{
		"mobile_with_country_code": "mobile_with_country_code", "X-Ratelimit-Limit": "X-Ratelimit-Limit", "data": "data", "activityId": "activityId",
		"": "<key>", "user 7": "<key>", "919876543210": "<key>", testEmail: "<key>", "Zebedee": "<key>", "of-zebedee": "<key>", "xzebedeex": "<key>", "adamant": "adamant", "é": "<key>",
		strings.Repeat("a", 49): "<key>",
	} {
		if got := s.name(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	s.learn("mobile name")
	if s.name("mobile") != "mobile" {
		t.Error("a word of the API is taken for the person's")
	}
}

func TestShapes(t *testing.T) {
	s := testScrubber()
	for body, want := range map[string]string{
		"":                 `"empty"`,
		"<html>Ada</html>": `"markup, 16 octets"`,
		`{"a":1} {}`:       `"no JSON, 10 octets"`,
		`"Ada Lovelace"`:   `"string: text (12)"`,
		`{"data":{"status":true,"sound":true,"message":"Denied","details":null}}`:        `{"data":{"details":null,"message":"text: Denied","sound":"boolean","status":true}}`,
		`{"error":{"status":404,"code":"X","id":77,"lat":1.5,"detail":["Denied",1000]}}`: `{"error":{"code":"text: <…>","detail":["text: Denied","integer"],"id":"integer","lat":"decimal","status":404}}`,
		`{"a@b":1,"a1":"","b2":null}`:              `{"<key>":"string: empty (0)","<key> (2)":"integer","<key> (3)":null}`,
		`["+919876543210","+91","12","1.5","a@b"]`: `["string: international number (13)","string: country code (3)","string: digits (2)","and 2 more"]`,
		`{"a":"2026-11-23T09:00:00.1Z","b":"https://x","c":"/x/y","d":"Ada","e":"a_1","f":"a b","g":"1.5","h":"a@b"}`: `{"a":"string: time (22)","b":"string: URL (9)","c":"string: path (4)",` +
			`"d":"string: letters (3)","e":"string: letters and digits (3)","f":"string: text (3)","g":"string: decimal (3)","h":"string: e-mail (3)"}`,
	} {
		var got strings.Builder
		e := json.NewEncoder(&got)
		e.SetEscapeHTML(false)
		if err := e.Encode(s.body([]byte(body))); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, strings.TrimSpace(got.String())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	wide := `{"a":0` + strings.Repeat(`,"x`+`":1`, 3) + fanned(100) + `}`
	for _, body := range []string{deep, wide, strings.Repeat("[", 30000), "[" + strings.Repeat(`"x",`, 9999) + `1]`} {
		text, err := json.Marshal(s.body([]byte(body)))
		if err != nil || len(text) > 4096 {
			t.Errorf("%.20s…: %d octets, %v", body, len(text), err)
		}
	}
}

// fanned is n members with names of letters.
func fanned(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%c%c":1`, 'a'+i/26, 'a'+i%26)
	}
	return b.String()
}

func TestHeaders(t *testing.T) {
	s := testScrubber()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	got := s.header(http.Header{
		"Date": {"Mon, 23 Nov 2026 09:00:00 GMT"}, "Server": {"zebedee"}, "Content-Type": {"application/json; of=zebedee"},
		"X-Ratelimit-Limit": {"100"}, "X-Ratelimit-Remaining": {testMobile}, "X-Ratelimit-Reset": {"1795424442"}, "X-Of-Zebedee": {"1"},
		"Retry-After": {"Mon, 23 Nov 2026 09:01:00 GMT"}, "X-Ratelimit-Zebedee": {"7"}, "Set-Cookie": {"a=" + testMobile},
	}, now)
	want := headerShape{
		Names: []string{"<key>", "Content-Type", "Date", "Retry-After", "Server", "Set-Cookie", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"},
		Values: map[string]string{
			"Content-Type": "application/json", "X-Ratelimit-Limit": "100", "X-Ratelimit-Remaining": "other", "X-Ratelimit-Reset": "a time, 42 s ahead",
			"Retry-After": "a date, 60 s ahead",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if media := s.header(http.Header{"Content-Type": {"text/zebedee"}}, now).Values["Content-Type"]; media != "other" {
		t.Errorf("media type %q", media)
	}
}

// TestLeaksAreSeen: the last look over a record finds what got through.
func TestLeaksAreSeen(t *testing.T) {
	for _, text := range []string{strings.ToUpper(testEmail), "919876543210", "+91 6543210", testKey, testSecret} {
		r := Report{scrub: testScrubber(), record: record{Settings: "a " + text + " b"}}
		if written, err := r.JSON(); err == nil {
			t.Errorf("%q is written: %s", text, written)
		}
	}
	r := Report{scrub: testScrubber()}
	if _, err := r.JSON(); err != nil {
		t.Error(err)
	}
}

// echoing answers as the simulator does, and repeats the person wherever an answer has room for it.
type echoing struct{ cloud *ivalttest.Cloud }

func (e echoing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	inner := &kept{header: http.Header{}}
	e.cloud.ServeHTTP(inner, r)
	for name, values := range inner.header {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.Header().Set("Server", testName)
	w.Header().Set("X-Zebedee", "1")
	w.Header().Set("X-Ratelimit-Limit", testMobile)
	w.Header().Set("Set-Cookie", testEmail)
	w.Header().Set("Content-Type", "application/json; of="+testMobile)
	w.WriteHeader(inner.status)
	body := strings.Replace(inner.body.String(), `"message":"`, `"message":"`+testName+" zebedee "+testEmail+" "+testMobile+" 9876543210 "+testKey+" ", 1)
	body = strings.Replace(body, `"title":"`, `"title":"Quillfeather +91 98765 43210 ADA.QUILLFEATHER `, 1)
	more := fmt.Sprintf(`,%q:1,%q:2,"zebedee":{"code":%q},"type":%q}`, testMobile, testEmail, testName, "https://x/"+testEmail+"/Zebedee%20Quillfeather")
	_, _ = io.WriteString(w, strings.TrimSuffix(body, "}")+more)
}

// kept is an answer that was not sent yet.
type kept struct {
	header http.Header
	status int
	body   strings.Builder
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

// TestNothingPersonalComesOut: whatever iVALT repeats and wherever, no output holds it, before it is known as the person's too.
func TestNothingPersonalComesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := ivalttest.New(ivalttest.Options{APIKey: secret.New(testKey), Sticky: true})
		cloud.Set(ivalttest.Person{Email: testEmail, Mobile: testMobile, Name: testName, Behaviour: ivalttest.Manual})
		o := serve(t, echoing{cloud})
		o.Gateway.Signing = secret.New(testSecret)
		p := &person{cloud: cloud, says: told()}
		o.Person = p
		r := Run(t.Context(), o)
		if r.Ended != nil || r.Settings.Result != Sticky {
			t.Errorf("ended with %v, %+v", r.Ended, r.Settings)
		}
		output := outputs(t, r, p)
		noCanary(t, output)
		if !strings.Contains(output, "successfully done.") || !strings.Contains(output, "<key>") {
			t.Errorf("the texts are not there: %s", output)
		}
	})
}

// TestInterrupted: what was found until then is reported.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := ivalttest.New(ivalttest.Options{APIKey: secret.New(testKey)})
		cloud.Set(ivalttest.Person{Email: testEmail, Mobile: testMobile, Name: testName, Behaviour: ivalttest.Manual})
		o := serve(t, cloud)
		p := &person{cloud: cloud, still: ApproveNow}
		o.Person = p
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(25*time.Second, cancel)
		r := Run(ctx, o)
		if r.Ended == nil || r.Ended.Error() != errStopped.Error() || r.Settings.Endpoint != "geofence" || len(r.Settings.Pending) != 1 || r.Settings.Complete() {
			t.Errorf("ended with %v, %+v", r.Ended, r.Settings)
		}
		noCanary(t, outputs(t, r, p))
	})
}
