package ivalttest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/ivalt/ivalttest/answers"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/ivalt/ivalttest/plan"
)

const (
	maxBody = 64 << 10
	maxText = 512 // of any text that is kept and shown
)

// call is one request while it is answered.
type call struct {
	path     string
	endpoint Endpoint
	policy   habit.Policy // of the result endpoint
	now      time.Time
	options  *Options

	email, mobile, from string
	tooLong             bool
	body                []byte // whole, at most maxBody
	sent                fields // as they came
	person              Person // whose mobile it is, for details
	push                uint64 // the number of the push that the answer is about
}

// ask is the call as answers are made of it.
func (k *call) ask() answers.Ask {
	a := answers.Ask{
		Endpoint: k.endpoint, Geofenced: k.policy == habit.WithPolicy, Now: k.clock(), SentStatus: k.options.PushStatus,
		Email: k.person.Email, Mobile: k.mobile, Name: k.person.Name,
		SecondMobile: k.person.SecondMobile, Inactive: k.person.Inactive,
	}
	if k.options.RequestIDs && k.push != 0 {
		a.Request = "req_" + strconv.FormatUint(k.push, 10)
	}
	if k.endpoint == LookUpEndpoint {
		a.Email = k.email
	}
	return a
}

// clock is the time that answers show.
func (k *call) clock() time.Time { return k.now.Add(k.options.ClockOffset) }

// date puts the time into the answer's header, in place of net/http's own.
func (k *call) date(w http.ResponseWriter) {
	w.Header()["Date"] = []string{k.clock().UTC().Format(http.TimeFormat)}
}

// ServeHTTP implements http.Handler.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == answers.PathRedirected {
		c.serveRedirected(w, r)
		return
	}
	c.serveAPI(w, r)
}

// serveAPI answers a call of the API: a fault first, since an outage asks for no key; then the gateway; then the
// application.
func (c *Cloud) serveAPI(w http.ResponseWriter, r *http.Request) {
	c.counts.requests.Add(1)
	if o := c.options.Load(); o.CountPeaks {
		c.peaks.Count(o.Now)
	}
	k := c.receive(r)
	k.date(w)
	f := c.faults.take(&k)
	if f != nil {
		c.counts.faults.Add(1)
		c.serveFault(w, r, &k, f)
		return
	}
	rep := c.answer(r, &k)
	c.log(&k, rep.Status, "")
	rep.Write(w)
}

func (c *Cloud) log(k *call, status int, fault FaultKind) {
	c.requests.add(Request{
		Time: k.now, Path: k.path, Endpoint: k.endpoint, Email: k.email, Mobile: k.mobile, Status: status, Fault: fault,
	})
}

// receive reads what is asked. A body that cannot be read asks for nothing, which the validation refuses.
func (c *Cloud) receive(r *http.Request) call {
	o := c.options.Load()
	k := call{path: clip(r.URL.Path), now: o.Now(), options: o}
	if r.URL.Path == habit.LaravelSubmit {
		c.counts.submissions.Add(1)
	}
	if r.Method != http.MethodPost {
		return k
	}
	if k.endpoint, k.policy = o.Dialect.Route(r.URL.Path); k.endpoint == AnyEndpoint {
		return k
	}
	k.read(r)
	c.identify(&k)
	return k
}

// fields is the body of every call.
type fields struct {
	Email       string `json:"email"`
	Mobile      string `json:"mobile"`
	RequestFrom string `json:"requestFrom"`
	CountryCode any    `json:"country_code"` // of a submission, as its status
	Status      any    `json:"status"`
}

func (k *call) read(r *http.Request) {
	body, err := readBody(r)
	if len(body) > maxBody {
		k.tooLong = true
		return
	}
	if err != nil {
		return
	}
	k.body = body
	var f fields
	if form(r) {
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return
		}
		f = formFields(values)
	} else if json.Unmarshal(body, &f) != nil {
		return
	}
	k.sent = f
	k.email, k.mobile, k.from = canonicalEmail(clip(f.Email)), clip(f.Mobile), clip(f.RequestFrom)
	if k.endpoint == SubmitEndpoint {
		k.mobile = clip(f.whole())
	}
	k.mobile = k.options.Mobiles.Spelled(k.mobile)
}

// formFields are those of the other encoding, where every value is a text.
func formFields(values url.Values) fields {
	f := fields{Email: values.Get("email"), Mobile: values.Get("mobile"), RequestFrom: values.Get("requestFrom")}
	if values.Has("country_code") {
		f.CountryCode = values.Get("country_code")
	}
	if values.Has("status") {
		f.Status = values.Get("status")
	}
	return f
}

// readBody reads up to one octet more than is allowed, in one allocation where the length is announced.
func readBody(r *http.Request) ([]byte, error) {
	if n := r.ContentLength; n >= 0 && n <= maxBody {
		body := make([]byte, n)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(r.Body, maxBody+1))
}

// form tells the one other encoding that the real application was seen to take.
func form(r *http.Request) bool {
	kind := r.Header.Get("Content-Type")
	if kind == "application/json" {
		return false
	}
	media, _, err := mime.ParseMediaType(kind)
	return err == nil && media == "application/x-www-form-urlencoded"
}

// clip cuts a text to maxText octets at most, on a boundary between characters.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}

// identify finds the mobile of an e-mail and the person of a mobile, so that a fault for one person finds its calls.
func (c *Cloud) identify(k *call) {
	if k.endpoint == LookUpEndpoint && validEmail(k.email) {
		if mobile, ok := c.emails.Load(k.email); ok {
			k.mobile, _ = mobile.(string)
		} else {
			k.mobile = DerivedMobile(k.email)
		}
	}
	k.person = Person{Email: k.email, Mobile: k.mobile}.canonical()
	c.book.with(k.mobile, func(ph *phone) {
		if ph == nil {
			return
		}
		k.person = ph.person
		if k.endpoint == ResultEndpoint {
			ph.polls++
		}
	})
}

// answer is the genuine answer: route, signature, key, usage plan, validation, then the endpoint.
func (c *Cloud) answer(r *http.Request, k *call) answers.Reply {
	if k.endpoint == AnyEndpoint {
		c.counts.refused.Add(1)
		return answers.NoRoute()
	}
	if v := c.signed.Load(); v != nil && v.Verify(r, k.body, k.clock()) != nil {
		c.counts.unsigned.Add(1)
		return answers.Unsigned()
	}
	if !keyAccepted(r.Header.Get("X-Api-Key"), k.options) {
		c.counts.refused.Add(1)
		return answers.Forbidden()
	}
	p := c.plan.Load()
	if p.Unlimited() {
		return c.apply(k)
	}
	ruled := p.Take(k.now, k.options.RateHeaders.Window())
	var rep answers.Reply
	if ruled.Refused {
		c.counts.throttled.Add(1)
		rep = throttled(ruled, k)
	} else {
		rep = c.apply(k)
		rep.Header = rateHeader(ruled, k)
	}
	if k.options.RateHeaders == habit.HeadersNone {
		rep.Header = nil
	}
	return rep
}

// apply is the application behind the gateway.
func (c *Cloud) apply(k *call) answers.Reply {
	if k.tooLong {
		return answers.TooLong()
	}
	if k.endpoint == LookUpEndpoint {
		switch {
		case k.email == "":
			return answers.Invalid("email", "The email field is required.")
		case !validEmail(k.email):
			return answers.Invalid("email", "The email must be a valid email address.")
		}
		return c.lookUp(k)
	}
	switch {
	case k.mobile == "":
		return answers.Invalid("mobile", "The mobile field is required.")
	case !validMobile(k.mobile):
		return answers.Invalid("mobile", "The mobile format is invalid.")
	}
	switch k.endpoint {
	case PushEndpoint:
		return c.push(k)
	case SubmitEndpoint:
		return c.submit(k)
	case AnyEndpoint, LookUpEndpoint, ResultEndpoint:
	}
	return c.poll(k)
}

// throttled is the gateway's refusal: its own words for the rate and the quota, the documented ones for the minute.
func throttled(ruled plan.Ruling, k *call) answers.Reply {
	wait := max(time.Second, (ruled.Again.Sub(k.now) + time.Second - 1).Truncate(time.Second))
	rep := answers.TooManyRequests()
	switch ruled.By {
	case plan.Second:
	case plan.Minute:
		rep = answers.RateLimitExceeded(wait)
	case plan.Hour:
		rep = answers.LimitExceeded()
	}
	rep.Header = rateHeader(ruled, k)
	rep.Header.Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
	return rep
}

func rateHeader(ruled plan.Ruling, k *call) http.Header {
	return answers.Header(
		"X-RateLimit-Limit", strconv.Itoa(ruled.Limit),
		"X-RateLimit-Remaining", strconv.Itoa(ruled.Remaining),
		"X-RateLimit-Reset", strconv.FormatInt(ruled.Reset.Add(k.options.ClockOffset).Unix(), 10),
	)
}
