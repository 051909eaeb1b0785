package gateway

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

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
func classifyPush(r response, now time.Time) Result {
	res, doc, settled := common(r, now)
	if settled {
		if res.Class == Failed && res.Violation != Script && r.status >= http.StatusBadRequest && r.status < http.StatusInternalServerError {
			res.Class = Refused // a gateway's own page: the push was not taken
		}
		return res
	}
	data, status := doc.object("data"), doc.object("data").get("status")
	switch {
	case r.status == http.StatusNotFound:
		res.Class = Unknown
	case r.status < http.StatusOK || r.status > http.StatusAccepted:
		res.Class = Refused
	case doc.get("error") != nil || (status != nil && status != true):
		res.Class = Refused
	default:
		res.Class = Accepted
		res.Request = requestID(doc, data)
	}
	return res
}

// classifyResult reads the answer to a poll.
func classifyResult(r response, q Question, now time.Time) Result {
	if r.status == http.StatusNoContent {
		return Result{Class: q.unanswered(r.status)}
	}
	res, doc, settled := common(r, now)
	if settled {
		return res
	}
	switch r.status {
	case http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusBadRequest, http.StatusAccepted:
		res.Class = q.unanswered(r.status)
	case http.StatusOK:
		res.Class, res.Violation = judge(doc, q, now)
	default:
		if res.Class = Refused; r.status < http.StatusBadRequest {
			res.Class = Drift
		}
	}
	return res
}

// unanswered is the class of a status that can mean that nobody has answered yet, where no text says more.
func (q Question) unanswered(status int) Class {
	if q.refused&statusOf(status) != 0 {
		return Refused
	}
	return Pending
}

// classifyLookup reads the answer to a look-up by e-mail.
func classifyLookup(r response, email string, now time.Time) Result {
	res, doc, settled := common(r, now)
	if settled && (res.Class == Failed || res.Class == Unsent || res.Class == Throttled || res.Class == BadKey) {
		return res
	}
	problem := doc.object("error")
	code := problem.text("code") + " " + problem.text("detail")
	switch {
	case r.status == http.StatusNotFound, r.status == http.StatusBadRequest && unknownText.MatchString(code):
		res.Class = Unknown
	case settled:
		res.Class = BadRequest
	case r.status != http.StatusOK:
		res.Class = Refused
	default:
		res.Class, res.Mobile = person(doc, email)
	}
	return res
}

// common is the part of the table that holds for every call; settled says that the class is final. Rows that a status alone
// decides come before those that need a body, so that a redirect's or a throttle's HTML page does not hide them. An answer whose form
// breaks a rule is settled here, but for an odd status: none of those is Approved, Accepted or Found.
func common(r response, now time.Time) (res Result, doc object, settled bool) {
	if r.status == 0 {
		return Result{Class: r.fault, Resend: r.fault == Failed, Why: r.why, Cause: r.cause}, nil, true
	}
	doc, res.Violation = form(r)
	res.Clock, res.Activity = clockOf(doc), activity(doc)
	switch {
	case r.status >= http.StatusInternalServerError:
		res.Class, res.Resend, res.Why, res.Cause = Failed, res.Violation != Script, ServerError, statusText(r.status)
		return res, nil, true
	case r.status >= http.StatusMultipleChoices && r.status < http.StatusBadRequest:
		res.Class = BadKey
		return res, nil, true
	case r.status == http.StatusTooManyRequests:
		res.Class, res.Pause = Throttled, pause(r.header, doc, now)
		return res, doc, true
	case doc == nil:
		res.Class, res.Why, res.Cause = Failed, NoJSON, pageOf(r, res.Violation)
		if res.Violation == Script {
			res.Why = Malformed
		}
		return res, nil, true
	}
	res.Class = refusal(r.status, doc)
	return res, doc, res.Class != Failed
}

// form reads the body and says which rule of well-formed answers is broken, the gravest of them. Without a body that may be
// read as an answer there is no object. 5xx, 429 and 204 come from what stands before the API and need hold no JSON.
func form(r response) (object, Violation) {
	if r.body == nil {
		return nil, TooLarge
	}
	doc, broken := parse(r.body)
	page := r.status >= http.StatusInternalServerError || r.status == http.StatusTooManyRequests || r.status == http.StatusNoContent
	if !page && !isJSON(r.header.Get("Content-Type")) {
		doc = nil
		if broken != Script {
			broken = NotJSON
		}
	}
	if page && broken == NotJSON {
		broken = Sound
	}
	if broken != Script && !known(r.status) {
		broken = OddStatus
	}
	return doc, broken
}

// known reports the statuses that the API is seen to use, and those of what stands before it.
func known(status int) bool {
	switch status {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent, http.StatusBadRequest, http.StatusUnauthorized,
		http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError && status < 600
}

// refusal is the class of a 4xx that its text decides; failed where none does.
func refusal(status int, doc object) Class {
	if status < http.StatusBadRequest {
		return Failed
	}
	problem, detail := problemOf(doc)
	gate := status == http.StatusUnauthorized || status == http.StatusForbidden
	text := problem.text("code") + "\n" + problem.text("title") + "\n" + detail + "\n" + doc.text("code") + "\n" + doc.text("message")
	switch {
	case gate && doc.text("message") != "" && doc.get("error") == nil && doc.get("data") == nil:
		return BadKey
	case windowText.MatchString(text):
		return Window
	case fenceText.MatchString(text):
		return Fence
	case (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity) && unfit(doc, problem, detail):
		return BadRequest
	case gate && doc.object("error") != nil && expiredText.MatchString(detail):
		return Expired
	case gate && doc.object("error") != nil:
		return Denied
	}
	return Failed
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
	if len(id) > 64 || strings.ContainsFunc(id, notAlphanumeric) || phoneLike(id) {
		return ""
	}
	return id
}

// phoneLike reports a run of seven digits: it could be a phone number, and no log may hold one.
func phoneLike(text string) bool {
	run := 0
	for _, r := range text {
		if run++; r < '0' || r > '9' {
			run = 0
		}
		if run == 7 {
			return true
		}
	}
	return false
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// requestID is the id of a push, should iVALT ever give one; documents show it, no capture does.
func requestID(doc, data object) string {
	for _, o := range []object{data, data.object("details"), doc} {
		if id := o.text("request_id"); id != "" && len(id) <= 128 {
			return strings.Clone(id) // without the answer around it
		}
	}
	return ""
}
