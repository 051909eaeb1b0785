package ivalttest

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/url"
	"strings"
)

// The faults that tests name. FaultKinds has all of them; lies about a result stand in lies.go.
const (
	Closed          FaultKind = "closed"            // an outage: the connection ends without an answer
	ClosedHalfway   FaultKind = "closed-halfway"    // the connection ends in the middle of an answer
	Stall           FaultKind = "stall"             // no answer until the client gives up
	StallBody       FaultKind = "stall-body"        // half an answer, then nothing
	Slow            FaultKind = "slow"              // the genuine answer, after Delay
	ServerError     FaultKind = "server-error"      // 500, the gateway's body
	BadGateway      FaultKind = "bad-gateway"       // 502, HTML
	Unavailable     FaultKind = "unavailable"       // 503, the gateway's body
	GatewayTimeout  FaultKind = "gateway-timeout"   // 504, the gateway's body
	HTML200         FaultKind = "html-200"          // 200 with a web page
	HugeBody        FaultKind = "huge-body"         // a good answer with 2 MiB inside
	HugeTail        FaultKind = "huge-tail"         // a good answer, then 2 MiB of blanks
	GzipBomb        FaultKind = "gzip-bomb"         // a good answer, then 32 MiB of blanks, in 32 KiB of gzip
	TruncatedJSON   FaultKind = "truncated-json"    // a good answer without its end
	TwoDocuments    FaultKind = "two-documents"     // a good answer, then another document
	EmptyBody       FaultKind = "empty-body"        // 200 with nothing
	DeepNesting     FaultKind = "deep-nesting"      // 200 with 50,000 open brackets
	WrongKey        FaultKind = "wrong-key"         // 403 of the gateway
	WrongKeyApp     FaultKind = "wrong-key-app"     // 403 as the application words it
	WrongPath       FaultKind = "wrong-path"        // 403 of the gateway for an unknown path
	Throttled       FaultKind = "throttled"         // 429, the gateway's body for the rate
	QuotaExceeded   FaultKind = "quota-exceeded"    // 429, the gateway's body for the quota
	ThrottledHeader FaultKind = "throttled-headers" // 429 with the documented body and headers
	Redirect        FaultKind = "redirect"          // 307 to a place that approves whoever follows
	Misconfigured   FaultKind = "misconfigured"     // 422 of the validation
)

// kind is one fault: where it can show itself, and how it is made.
type kind struct {
	name     FaultKind
	home     Endpoint // AnyEndpoint: all of them
	harmless bool     // a login may still succeed
	forge    func(*call) forged
}

// kinds is the catalogue.
func kinds() []kind {
	all := []kind{
		{name: Closed, forge: travels(closed)},
		{name: ClosedHalfway, forge: travels(halfway)},
		{name: Stall, forge: travels(stalled)},
		{name: StallBody, forge: travels(stalling)},
		{name: Slow, harmless: true, forge: travels(genuine)},
		{name: ServerError, forge: says(http.StatusInternalServerError, `{"message":"Internal server error"}`)},
		{name: BadGateway, forge: page(http.StatusBadGateway, "502 Bad Gateway")},
		{name: Unavailable, forge: says(http.StatusServiceUnavailable, `{"message":"Service Unavailable"}`)},
		{name: GatewayTimeout, forge: says(http.StatusGatewayTimeout, `{"message":"Endpoint request timed out"}`)},
		{name: HTML200, forge: page(http.StatusOK, "Welcome to the hotel's network")},
		{name: HugeBody, forge: bends(hugeBody)},
		{name: HugeTail, forge: bends(func(b []byte) []byte { return append(b, bytes.Repeat([]byte(" "), 2<<20)...) })},
		{name: GzipBomb, forge: gzipBomb},
		{name: TruncatedJSON, forge: bends(func(b []byte) []byte { return b[:len(b)-1] })},
		{name: TwoDocuments, forge: bends(func(b []byte) []byte { return append(b, `{"data":null,"error":null}`...) })},
		{name: EmptyBody, forge: says(http.StatusOK, "")},
		{name: DeepNesting, forge: says(http.StatusOK, `{"data":`+strings.Repeat("[", 50_000))},
		{name: WrongKey, forge: says(http.StatusForbidden, bodyForbidden)},
		{name: WrongKeyApp, forge: says(http.StatusForbidden, `{"message":"Invalid secret key"}`)},
		{name: WrongPath, forge: says(http.StatusForbidden, bodyNoRoute)},
		{name: Throttled, forge: says(http.StatusTooManyRequests, `{"message":"Too Many Requests"}`)},
		{name: QuotaExceeded, forge: says(http.StatusTooManyRequests, `{"message":"Limit Exceeded"}`)},
		{name: ThrottledHeader, forge: throttledHeaders},
		{name: Redirect, forge: redirect},
		{name: Misconfigured, forge: func(*call) forged { return forged{reply: invalid("mobile", "The mobile field is required.")} }},
	}
	all = append(all, resultLies()...)
	return append(all, otherLies()...)
}

// FaultKinds are the names of all faults.
func FaultKinds() []FaultKind {
	var names []FaultKind
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

func kindNamed(name FaultKind) (kind, bool) {
	for _, k := range kinds() {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// Hostile lists every fault, at every endpoint that can show it, under which no login may succeed, whatever the person
// does. They hold until cleared and never take effect on the phone: a push that fails so has not rung.
func Hostile() []NamedFault {
	var list []NamedFault
	for _, k := range kinds() {
		if k.harmless {
			continue
		}
		homes := []Endpoint{k.home}
		if k.home == AnyEndpoint {
			homes = []Endpoint{LookUpEndpoint, PushEndpoint, ResultEndpoint}
		}
		for _, e := range homes {
			list = append(list, NamedFault{Name: e.String() + "/" + string(k.name), Fault: Fault{Kind: k.name, Endpoint: e}})
		}
	}
	return list
}

// travels makes a fault of the way in which a good answer travels.
func travels(d delivery) func(*call) forged {
	return func(k *call) forged { return forged{reply: ideal(k), delivery: d} }
}

// says makes a fault of a fixed body.
func says(status int, body string) func(*call) forged {
	return func(*call) forged { return forged{reply: plain(status, body)} }
}

func page(status int, title string) func(*call) forged {
	return func(*call) forged {
		rep := plain(status, "<!DOCTYPE html><html><head><title>"+title+"</title></head><body><h1>"+title+"</h1></body></html>\n")
		rep.kind = "text/html; charset=utf-8"
		return forged{reply: rep}
	}
}

// bends makes a fault of what is done to a good answer's body.
func bends(bend func([]byte) []byte) func(*call) forged {
	return func(k *call) forged {
		rep := ideal(k)
		rep.body = bend(rep.body)
		return forged{reply: rep}
	}
}

// ideal is the best that the endpoint can say: found, sent, approved.
func ideal(k *call) reply {
	switch k.endpoint {
	case LookUpEndpoint:
		return foundReply(k)
	case PushEndpoint:
		return sentReply(k)
	case ResultEndpoint:
		return approvedReply(k)
	case AnyEndpoint:
	}
	return plain(http.StatusOK, `{}`)
}

func hugeBody(b []byte) []byte {
	filler := bytes.Repeat([]byte("x"), 2<<20)
	return append(append([]byte(`{"padding":"`), filler...), append([]byte(`",`), b[1:]...)...)
}

// gzipBomb strings compressed members together, which gzip reads as one text: so making it costs a fraction of reading it.
func gzipBomb(k *call) forged {
	rep := ideal(k)
	blanks := zipped(bytes.Repeat([]byte(" "), 1<<20))
	rep.body = append(zipped(rep.body), bytes.Repeat(blanks, 32)...)
	rep.header = header("Content-Encoding", "gzip")
	return forged{reply: rep}
}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close() // a Buffer takes everything
	return b.Bytes()
}

func throttledHeaders(*call) forged {
	rep := plain(http.StatusTooManyRequests, `{"error":{"code":"RATE_LIMIT_EXCEEDED","message":"Rate limit exceeded","retry_after":60}}`)
	rep.header = header("X-RateLimit-Limit", "100", "X-RateLimit-Remaining", "0", "Retry-After", "60")
	return forged{reply: rep}
}

// redirect leads to the page where an approval waits for whoever brings the key along.
func redirect(k *call) forged {
	rep := plain(http.StatusTemporaryRedirect, "")
	rep.header = header("Location", pathRedirected+"?mobile="+url.QueryEscape(k.mobile))
	return forged{reply: rep}
}

func (c *Cloud) serveRedirected(w http.ResponseWriter, r *http.Request) {
	c.counts.redirects.Add(1)
	o := c.options.Load()
	mobile := clip(r.URL.Query().Get("mobile"))
	k := call{path: pathRedirected, endpoint: ResultEndpoint, options: o, now: o.Now(), mobile: mobile, person: Person{Mobile: mobile}}
	rep := approvedReply(&k)
	c.log(&k, rep)
	rep.write(w)
}
