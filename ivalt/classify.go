package ivalt

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"ivalt-radius/auth"
)

// class is what an answer of iVALT means: the rows of the classification table in docs/ivalt.md. The zero class is a
// failure, never an approval.
type class uint8

const (
	failed     class = iota // no usable answer (transport, time-out, 5xx, not JSON): what became of the call is unknown
	unsent                  // the request certainly never left (no connection)
	refused                 // an answer, but of no known meaning
	throttled               // 429
	badKey                  // key or path refused, or a redirect: no call can succeed
	badRequest              // iVALT cannot take this number or address
	fence                   // outside the geofence
	window                  // outside iVALT's time window
	denied                  // the person said no
	expired                 // the push is too old
	unknown                 // iVALT does not know the number or the address
	pending                 // nothing said yet
	accepted                // the push is on its way
	found                   // the look-up gave exactly one mobile
	drift                   // a 200 that is no proof
	approved                // the full proof
	classCount
)

// String is the word in the log.
func (c class) String() string {
	words := [classCount]string{
		"failed", "unsent", "refused", "throttled", "bad key or path", "bad request", "geofence", "timezone", "denied",
		"expired", "unknown", "pending", "accepted", "found", "shape drift", "approved",
	}
	if c < classCount {
		return words[c]
	}
	return words[failed]
}

// trouble reports an answer that says nothing about the login.
func (c class) trouble() bool { return c == failed || c == unsent || c == refused || c == throttled }

// response is what came back, or why nothing did.
type response struct {
	fault  class // failed or unsent where there was no answer (status is 0 then)
	status int
	header http.Header
	body   []byte // whole; nil where it was larger than the cap
}

// question is what the answer is held against.
type question struct {
	mobile       auth.Mobile   // the number that was asked
	email        string        // the address that was looked up
	sincePush    time.Duration // how long ago the push left
	request      string        // the push's request id, should iVALT ever give one
	missingProof proofRule
	now          time.Time
}

// proofRule says what to do with an approval that does not echo the mobile.
type proofRule uint8

const (
	mustEcho proofRule = iota
	mayLackEcho
)

// result is an answer's meaning and the little of it that may be kept.
type result struct {
	class    class
	resend   bool // the push may be sent once more: nothing speaks for its having been taken
	mobile   auth.Mobile
	request  string
	activity string // debug.activityId, letters and digits only
	pause    time.Duration
}

// Texts of iVALT that carry a meaning. They are matched, never shown.
var (
	windowText  = regexp.MustCompile(`(?i)timezone|time[ _-]?(slot|window)`)
	fenceText   = regexp.MustCompile(`(?i)geo[-_ ]?fenc`)
	badText     = regexp.MustCompile(`(?i)required|invalid|format`)
	expiredText = regexp.MustCompile(`(?i)expire|timed?[- ]?out`)
	unknownText = regexp.MustCompile(`(?i)USER_NOT_FOUND|not found`)
	pushedText  = regexp.MustCompile(`(?i)request\s+success`)
)

// classifyPush reads the answer to a push.
func classifyPush(r response, q question) result {
	res, doc, settled := common(r, q.now)
	if settled {
		if res.class == failed && r.status >= http.StatusBadRequest && r.status < http.StatusInternalServerError {
			res.class = refused // a gateway's own page: the push was not taken
		}
		return res
	}
	data, status := doc.object("data"), doc.object("data").get("status")
	switch {
	case r.status == http.StatusNotFound:
		res.class = unknown
	case r.status < http.StatusOK || r.status > http.StatusAccepted:
		res.class = refused
	case doc.get("error") != nil || (status != nil && status != true):
		res.class = refused
	default:
		res.class = accepted
		res.request = requestID(doc, data)
	}
	return res
}

// classifyResult reads the answer to a poll.
func classifyResult(r response, q question) result {
	if r.status == http.StatusNoContent {
		return result{class: pending}
	}
	res, doc, settled := common(r, q.now)
	if settled {
		return res
	}
	switch r.status {
	case http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusBadRequest, http.StatusAccepted:
		res.class = pending
	case http.StatusOK:
		res.class = judge(doc, q)
	default:
		if res.class = refused; r.status < http.StatusBadRequest {
			res.class = drift
		}
	}
	return res
}

// classifyLookup reads the answer to a look-up by e-mail.
func classifyLookup(r response, q question) result {
	res, doc, settled := common(r, q.now)
	if settled && (res.class == failed || res.class == unsent || res.class == throttled || res.class == badKey) {
		return res
	}
	problem := doc.object("error")
	code := problem.text("code") + " " + problem.text("detail")
	switch {
	case r.status == http.StatusNotFound, r.status == http.StatusBadRequest && unknownText.MatchString(code):
		res.class = unknown
	case settled:
		res.class = badRequest
	case r.status != http.StatusOK:
		res.class = refused
	default:
		res.class, res.mobile = person(doc, q.email)
	}
	return res
}

// common is the part of the table that holds for every call; settled says that the class is final. Rows that a status alone
// decides come before those that need a body, so that a redirect's or a throttle's HTML page does not hide them.
func common(r response, now time.Time) (res result, doc object, settled bool) {
	switch {
	case r.status == 0:
		return result{class: r.fault, resend: r.fault == failed}, nil, true
	case r.status >= http.StatusInternalServerError:
		return result{class: failed, resend: true}, nil, true
	case r.status >= http.StatusMultipleChoices && r.status < http.StatusBadRequest:
		return result{class: badKey}, nil, true
	}
	doc, err := parse(r.body)
	if r.status == http.StatusTooManyRequests {
		return result{class: throttled, pause: pause(r.header, doc, now), activity: activity(doc)}, doc, true
	}
	if err != nil || !isJSON(r.header.Get("Content-Type")) {
		return result{class: failed}, nil, true
	}
	res.activity = activity(doc)
	res.class = refusal(r.status, doc)
	return res, doc, res.class != failed
}

// refusal is the class of a 4xx that its text decides; failed where none does.
func refusal(status int, doc object) class {
	if status < http.StatusBadRequest {
		return failed
	}
	problem, detail := problemOf(doc)
	gate := status == http.StatusUnauthorized || status == http.StatusForbidden
	text := problem.text("code") + "\n" + problem.text("title") + "\n" + detail + "\n" + doc.text("code") + "\n" + doc.text("message")
	switch {
	case gate && doc.text("message") != "" && doc.get("error") == nil && doc.get("data") == nil:
		return badKey
	case windowText.MatchString(text):
		return window
	case fenceText.MatchString(text):
		return fence
	case (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity) && unfit(doc, problem, detail):
		return badRequest
	case gate && doc.object("error") != nil && expiredText.MatchString(detail):
		return expired
	case gate && doc.object("error") != nil:
		return denied
	}
	return failed
}

// unfit reports a validation failure of iVALT's framework. A problem's title is left out: "Invalid details" stands above
// other meanings too.
func unfit(doc, problem object, detail string) bool {
	_, list := problem.get("detail").([]any)
	return list || doc.get("errors") != nil || problem.get("errors") != nil ||
		badText.MatchString(problem.text("code")+"\n"+detail+"\n"+doc.text("message"))
}

// problemOf is the error object and its detail as one text, whether that is a string or a list of strings.
func problemOf(doc object) (object, string) {
	problem := doc.object("error")
	if list, ok := problem.get("detail").([]any); ok {
		var b strings.Builder
		for _, item := range list {
			if text, ok := item.(string); ok {
				b.WriteString(text + "\n")
			}
		}
		return problem, b.String()
	}
	return problem, problem.text("detail")
}

// isJSON reports a media type that can hold JSON. A missing one is judged by the body alone.
func isJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return media == "" || media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json")
}

// activity is the server's own mark of the answer, worth logging, where it is letters and digits.
func activity(doc object) string {
	id, _ := doc.object("debug").get("activityId").(string)
	if len(id) > 64 || strings.ContainsFunc(id, notAlphanumeric) {
		return ""
	}
	return id
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// requestID is the id of a push, should iVALT ever give one; documents show it, no capture does.
func requestID(doc, data object) string {
	for _, o := range []object{data, data.object("details"), doc} {
		if id := o.text("request_id"); id != "" && len(id) <= 128 {
			return id
		}
	}
	return ""
}
