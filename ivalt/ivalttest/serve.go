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
	"ivalt-radius/ivalt/ivalttest/plan"
)

const (
	pathLookUp = "/get-user-by-email"
	pathPush   = "/biometric-auth-request"
	pathResult = "/biometric-auth-result"
	pathPolicy = "/biometric-geo-fence-auth-results"

	maxBody = 64 << 10
	maxText = 512 // of any text that is kept and shown
)

// call is one request while it is answered.
type call struct {
	path      string
	endpoint  Endpoint
	geofenced bool // the result endpoint that applies iVALT's policy
	now       time.Time
	options   *Options

	email, mobile, from string
	tooLong             bool
	person              Person // whose mobile it is, for details
}

// ask is the call as answers are made of it.
func (k *call) ask() answers.Ask {
	a := answers.Ask{
		Endpoint: k.endpoint, Geofenced: k.geofenced, Now: k.now, SentStatus: k.options.PushStatus,
		Email: k.person.Email, Mobile: k.mobile, Name: k.person.Name,
	}
	if k.endpoint == LookUpEndpoint {
		a.Email = k.email
	}
	return a
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
	if r.Method != http.MethodPost {
		return k
	}
	switch r.URL.Path {
	case pathLookUp:
		k.endpoint = LookUpEndpoint
	case pathPush:
		k.endpoint = PushEndpoint
	case pathResult:
		k.endpoint = ResultEndpoint
	case pathPolicy:
		k.endpoint, k.geofenced = ResultEndpoint, true
	default:
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
	var f fields
	if form(r) {
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return
		}
		f = fields{Email: values.Get("email"), Mobile: values.Get("mobile"), RequestFrom: values.Get("requestFrom")}
	} else if json.Unmarshal(body, &f) != nil {
		return
	}
	k.email, k.mobile, k.from = canonicalEmail(clip(f.Email)), clip(f.Mobile), clip(f.RequestFrom)
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

// answer is the genuine answer: route, key, usage plan, validation, then the endpoint.
func (c *Cloud) answer(r *http.Request, k *call) answers.Reply {
	if k.endpoint == AnyEndpoint {
		c.counts.refused.Add(1)
		return answers.NoRoute()
	}
	if !keyAccepted(r.Header.Get("X-Api-Key"), k.options) {
		c.counts.refused.Add(1)
		return answers.Forbidden()
	}
	p := c.plan.Load()
	if p.Unlimited() {
		return c.apply(k)
	}
	ruled := p.Take(k.now, plan.Minute)
	if ruled.Refused {
		c.counts.throttled.Add(1)
		return throttled(ruled, k.now)
	}
	rep := c.apply(k)
	rep.Header = rateHeader(ruled)
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
	if k.endpoint == PushEndpoint {
		return c.push(k)
	}
	return c.poll(k)
}

// throttled is the gateway's refusal: its own words for the rate and the quota, the documented ones for the minute.
func throttled(ruled plan.Ruling, now time.Time) answers.Reply {
	wait := max(time.Second, (ruled.Again.Sub(now) + time.Second - 1).Truncate(time.Second))
	rep := answers.TooManyRequests()
	switch ruled.By {
	case plan.Second:
	case plan.Minute:
		rep = answers.RateLimitExceeded(wait)
	case plan.Hour:
		rep = answers.LimitExceeded()
	}
	rep.Header = rateHeader(ruled)
	rep.Header.Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
	return rep
}

func rateHeader(ruled plan.Ruling) http.Header {
	return answers.Header(
		"X-RateLimit-Limit", strconv.Itoa(ruled.Limit),
		"X-RateLimit-Remaining", strconv.Itoa(ruled.Remaining),
		"X-RateLimit-Reset", strconv.FormatInt(ruled.Reset.Unix(), 10),
	)
}
