package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"ivalt-radius/ivalt/gateway/signature"
)

// Raw is one exchange as it came, for package probe, which asks what the answers of iVALT look like. It holds personal data, and
// prints itself as its status alone.
type Raw struct {
	Status int         // 0: there was no answer
	Header http.Header // nil where there was none
	Body   []byte      // whole; nil where there was none, or where it was larger than is read
	Why    Why         // of no answer
	Cause  string      // beside Why, as in Result
	Left   time.Time   // when the request left
	Came   time.Time   // when the answer was whole

	fault Class // Failed or Unsent where there was no answer
}

// Format implements fmt.Formatter, so that no verb reaches the body.
func (r Raw) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, statusText(r.Status)) }

// Raw posts fields to a path below the base URL, with the headers of every call, and judges nothing. A path that Submits is
// refused without a call.
func (c *Client) Raw(ctx context.Context, path string, fields map[string]string) Raw {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	var buf bytes.Buffer
	raw := Raw{Left: time.Now()}
	r := c.exchange(ctx, call{path: path, payload: marshal(fields)}, signature.Fresh(), &buf)
	raw.Came = time.Now()
	raw.Status, raw.Header, raw.Body = r.status, r.header, r.body
	raw.fault, raw.Why, raw.Cause = r.fault, r.why, r.cause
	return raw
}

func (r Raw) response() response {
	return response{fault: r.fault, why: r.Why, cause: r.Cause, status: r.Status, header: r.Header, body: r.Body}
}

// LookedUp is what LookUp would have made of the exchange.
func (r Raw) LookedUp(email string) Result {
	return completed(classifyLookup(r.response(), email, r.Came), r.response(), r.Came)
}

// Pushed is what Push would have made of it.
func (r Raw) Pushed() Result {
	return completed(classifyPush(r.response(), r.Came), r.response(), r.Came)
}

// Polled is what Poll would have made of it, every status of "pending" being one.
func (r Raw) Polled(q Question) Result {
	return completed(classifyResult(r.response(), q, r.Came), r.response(), r.Came)
}
