package answers

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Kind names one thing that goes wrong.
type Kind string

// What goes wrong on the way and at the gateway. Lies about a result, a look-up or a push stand in lies.go.
const (
	Closed          Kind = "closed"            // an outage: the connection ends without an answer
	ClosedHalfway   Kind = "closed-halfway"    // the connection ends in the middle of an answer
	Stall           Kind = "stall"             // no answer until the client gives up
	StallBody       Kind = "stall-body"        // half an answer, then nothing
	Slow            Kind = "slow"              // the genuine answer, after Delay
	ServerError     Kind = "server-error"      // 500, the gateway's body
	BadGateway      Kind = "bad-gateway"       // 502, HTML
	Unavailable     Kind = "unavailable"       // 503, the gateway's body
	GatewayTimeout  Kind = "gateway-timeout"   // 504, the gateway's body
	HTML200         Kind = "html-200"          // 200 with a web page
	HugeBody        Kind = "huge-body"         // a good answer with 2 MiB inside
	HugeTail        Kind = "huge-tail"         // a good answer, then 2 MiB of blanks
	GzipBomb        Kind = "gzip-bomb"         // a good answer, then 32 MiB of blanks, in 32 KiB of gzip
	TruncatedJSON   Kind = "truncated-json"    // a good answer without its end
	TwoDocuments    Kind = "two-documents"     // a good answer, then another document
	EmptyBody       Kind = "empty-body"        // 200 with nothing
	DeepNesting     Kind = "deep-nesting"      // 200 with 50,000 open brackets
	WrongKey        Kind = "wrong-key"         // 403 of the gateway
	WrongKeyApp     Kind = "wrong-key-app"     // 403 as the application words it
	WrongPath       Kind = "wrong-path"        // 403 of the gateway for an unknown path
	Throttled       Kind = "throttled"         // 429, the gateway's body for the rate
	QuotaExceeded   Kind = "quota-exceeded"    // 429, the gateway's body for the quota
	ThrottledHeader Kind = "throttled-headers" // 429 with the documented body and headers
	Redirect        Kind = "redirect"          // 307 to a place that approves whoever follows
	Misconfigured   Kind = "misconfigured"     // 422 of the validation
)

// Fault is one fault: where it can show itself, and how it is made.
type Fault struct {
	Kind     Kind
	Home     Endpoint // the one endpoint that can show it; AnyEndpoint: all of them
	Harmless bool     // a login may still succeed
	Forge    func(Ask) Forged
}

// Faults is the catalogue of everything that may go wrong.
func Faults() []Fault {
	all := []Fault{
		{Kind: Closed, Forge: travels(ConnectionClosed)},
		{Kind: ClosedHalfway, Forge: travels(Halfway)},
		{Kind: Stall, Forge: travels(Stalled)},
		{Kind: StallBody, Forge: travels(StalledHalfway)},
		{Kind: Slow, Harmless: true, Forge: travels(Genuine)},
		{Kind: ServerError, Forge: says(http.StatusInternalServerError, `{"message":"Internal server error"}`)},
		{Kind: BadGateway, Forge: page(http.StatusBadGateway, "502 Bad Gateway")},
		{Kind: Unavailable, Forge: says(http.StatusServiceUnavailable, `{"message":"Service Unavailable"}`)},
		{Kind: GatewayTimeout, Forge: says(http.StatusGatewayTimeout, `{"message":"Endpoint request timed out"}`)},
		{Kind: HTML200, Forge: page(http.StatusOK, "Welcome to the hotel's network")},
		{Kind: HugeBody, Forge: bends(hugeBody)},
		{Kind: HugeTail, Forge: bends(func(b []byte) []byte { return append(b, bytes.Repeat([]byte(" "), 2<<20)...) })},
		{Kind: GzipBomb, Forge: gzipBomb},
		{Kind: TruncatedJSON, Forge: bends(func(b []byte) []byte { return b[:len(b)-1] })},
		{Kind: TwoDocuments, Forge: bends(func(b []byte) []byte { return append(b, `{"data":null,"error":null}`...) })},
		{Kind: EmptyBody, Forge: says(http.StatusOK, "")},
		{Kind: DeepNesting, Forge: says(http.StatusOK, `{"data":`+strings.Repeat("[", 50_000))},
		{Kind: WrongKey, Forge: replies(Forbidden())},
		{Kind: WrongKeyApp, Forge: says(http.StatusForbidden, `{"message":"Invalid secret key"}`)},
		{Kind: WrongPath, Forge: replies(NoRoute())},
		{Kind: Throttled, Forge: replies(TooManyRequests())},
		{Kind: QuotaExceeded, Forge: replies(LimitExceeded())},
		{Kind: ThrottledHeader, Forge: throttledHeaders},
		{Kind: Redirect, Forge: redirect},
		{Kind: Misconfigured, Forge: func(Ask) Forged { return Forged{Reply: Invalid("mobile", "The mobile field is required.")} }},
	}
	all = append(all, resultLies()...)
	return append(all, otherLies()...)
}

// travels makes a fault of the way in which a good answer travels.
func travels(d Delivery) func(Ask) Forged {
	return func(a Ask) Forged { return Forged{Reply: ideal(a), Delivery: d} }
}

// says makes a fault of a fixed body.
func says(status int, body string) func(Ask) Forged {
	return replies(plain(status, body))
}

// replies makes a fault of a fixed answer.
func replies(r Reply) func(Ask) Forged {
	return func(Ask) Forged { return Forged{Reply: r} }
}

func page(status int, title string) func(Ask) Forged {
	return func(Ask) Forged {
		rep := plain(status, "<!DOCTYPE html><html><head><title>"+title+"</title></head><body><h1>"+title+"</h1></body></html>\n")
		rep.Type = "text/html; charset=utf-8"
		return Forged{Reply: rep}
	}
}

// bends makes a fault of what is done to a good answer's body.
func bends(bend func([]byte) []byte) func(Ask) Forged {
	return func(a Ask) Forged {
		rep := ideal(a)
		rep.Body = bend(rep.Body)
		return Forged{Reply: rep}
	}
}

// ideal is the best that the endpoint can say: found, sent, approved.
func ideal(a Ask) Reply {
	switch a.Endpoint {
	case LookUpEndpoint:
		return Found(a)
	case PushEndpoint:
		return Sent(a)
	case ResultEndpoint:
		return Approved(a)
	case SubmitEndpoint:
		return Submitted(a)
	case AnyEndpoint:
	}
	return plain(http.StatusOK, `{}`)
}

func hugeBody(b []byte) []byte {
	filler := bytes.Repeat([]byte("x"), 2<<20)
	return append(append([]byte(`{"padding":"`), filler...), append([]byte(`",`), b[1:]...)...)
}

// gzipBomb strings compressed members together, which gzip reads as one text: so making it costs a fraction of reading it.
func gzipBomb(a Ask) Forged {
	rep := ideal(a)
	blanks := zipped(bytes.Repeat([]byte(" "), 1<<20))
	rep.Body = append(zipped(rep.Body), bytes.Repeat(blanks, 32)...)
	rep.Header = Header("Content-Encoding", "gzip")
	return Forged{Reply: rep}
}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close() // a Buffer takes everything
	return b.Bytes()
}

func throttledHeaders(Ask) Forged {
	rep := RateLimitExceeded(time.Minute)
	rep.Header = Header("X-RateLimit-Limit", "100", "X-RateLimit-Remaining", "0", "Retry-After", "60")
	return Forged{Reply: rep}
}

// PathRedirected is where the Redirect fault leads, with the mobile in the query.
const PathRedirected = "/redirected"

// redirect leads to the page where an approval waits for whoever brings the key along.
func redirect(a Ask) Forged {
	rep := plain(http.StatusTemporaryRedirect, "")
	rep.Header = Header("Location", PathRedirected+"?mobile="+url.QueryEscape(a.Mobile))
	return Forged{Reply: rep}
}
