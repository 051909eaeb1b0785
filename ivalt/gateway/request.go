package gateway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway/signature"
)

// Order is a push: whom to ask, and what the phone shows.
type Order struct {
	Mobile  auth.Mobile
	Label   string
	Address string // the person's, as the NAS names it; it is sent on only where the settings say so and it is an IP address
}

// call is one request before it is made.
type call struct {
	endpoint Endpoint
	path     string // empty: the endpoint's
	payload  []byte
	address  string        // the person's
	within   time.Duration // what the call may take; 0: Timeout
}

// LookUp asks for the mobile of an e-mail. Found alone comes with a mobile.
func (c *Client) LookUp(ctx context.Context, email string) Result {
	payload := marshal(map[string]string{"email": email})
	return c.post(ctx, call{endpoint: LookUps, payload: payload}, func(r response, now time.Time) Result {
		return classifyLookup(r, email, now)
	})
}

// Push has the phone ask its person. Nothing is ever sent twice here.
func (c *Client) Push(ctx context.Context, o Order) Result {
	payload := marshal(map[string]string{"mobile": o.Mobile.E164(), "requestFrom": o.Label})
	return c.post(ctx, call{endpoint: Pushes, payload: payload, address: o.Address}, classifyPush)
}

// Poll asks for what the person said. It alone can give Approved.
func (c *Client) Poll(ctx context.Context, q Question) Result {
	q.refused = c.refused
	payload := []byte(`{"mobile":"` + q.Mobile.E164() + `"}`)
	return c.post(ctx, call{endpoint: Results, payload: payload, address: q.Address}, func(r response, now time.Time) Result {
		return classifyResult(r, q, now)
	})
}

// post sends one request and has its answer read. The Result tells the request's id even where there was no answer.
func (c *Client) post(ctx context.Context, out call, read func(response, time.Time) Result) Result {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(out.within, Timeout))
	defer cancel()
	id := signature.Fresh()
	buf, ok := c.buffers.Get().(*bytes.Buffer)
	if !ok {
		buf = &bytes.Buffer{}
	}
	defer c.buffers.Put(buf)
	buf.Reset()
	out.path = cmp.Or(out.path, c.paths[out.endpoint])
	began := time.Now()
	r := c.exchange(ctx, out, id, buf)
	now := time.Now()
	answer := completed(read(r, now), r, now)
	answer.RequestID, answer.Path, answer.Took = id, out.path, now.Sub(began)
	return answer
}

// completed adds what every answer tells beside its meaning.
func completed(answer Result, r response, now time.Time) Result {
	if answer.Status = r.status; r.status != 0 {
		answer.Rate = rateOf(r.header, now)
		if answer.Clock.IsZero() {
			answer.Clock, _ = http.ParseTime(r.header.Get("Date"))
		}
	}
	return answer
}

// exchange is the way there and back. The body that it returns lies in buf.
func (c *Client) exchange(ctx context.Context, out call, id string, buf *bytes.Buffer) response {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+out.path, bytes.NewReader(out.payload))
	if err != nil || out.path == "" || c.Submits(out.path) {
		return response{fault: Unsent, why: Broken, cause: "the address makes no request"} // not quoted: it may be anything
	}
	req.GetBody = nil // so that net/http repeats nothing that was sent: see newTransport
	req.Header = c.header(out, id)
	if !c.signing.Empty() {
		signature.Add(req.Header, c.signing, req.Method, req.URL.EscapedPath(), out.payload, time.Now())
	}
	res, err := c.trip.RoundTrip(req)
	if err != nil {
		why, cause := whyOf(err)
		return response{fault: faultOf(err), why: why, cause: cause}
	}
	defer c.done(res.Body)
	n, err := buf.ReadFrom(io.LimitReader(res.Body, mostBody+1))
	switch {
	case n > mostBody:
		return response{status: res.StatusCode, header: res.Header} // as if there were no body; its being nil tells
	case err != nil:
		why, cause := whyOf(err)
		return response{fault: Failed, why: why, cause: cause}
	}
	return response{status: res.StatusCode, header: res.Header, body: buf.Bytes()}
}

// header is a request's own, so that nothing that is written to it reaches another one. Its values lie in one array.
func (c *Client) header(out call, id string) http.Header {
	values := &[...]string{c.key.Reveal(), "application/json", "application/json", c.agent, "no-cache", "no-cache", id, ""}
	h := make(http.Header, 8)
	for i, name := range [...]string{"X-Api-Key", "Content-Type", "Accept", "User-Agent", "Cache-Control", "Pragma", "X-Request-Id"} {
		h[name] = values[i : i+1 : i+1]
	}
	if c.tellAddress {
		if values[7] = address(out.address); values[7] != "" {
			h["X-Forwarded-For"] = values[7:]
		}
	}
	return h
}

// address is an IP address in its canonical form, without a zone; empty where the text is none.
func address(text string) string {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return ""
	}
	return a.Unmap().WithZone("").String()
}

// agent is the User-Agent: the version's letters, digits and marks alone, since a header takes no other text.
func agent(version string) string {
	const name = "ivalt-radius"
	version = strings.Map(func(r rune) rune {
		if notAlphanumeric(r) && !strings.ContainsRune(".-+_", r) {
			return -1
		}
		return r
	}, version)
	if version == "" {
		return name
	}
	return name + "/" + version[:min(len(version), 64)]
}

// marshal makes a payload. encoding/json cannot fail on strings.
func marshal(fields map[string]string) []byte {
	text, err := json.Marshal(fields)
	if err != nil {
		return nil
	}
	return text
}
