package probe

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/ivalt/gateway"
)

// Finding is one question that public material leaves open, and what the walk found.
type Finding struct {
	Key      string   `json:"key"`
	Question string   `json:"question"`
	Answer   string   `json:"answer,omitempty"`   // empty: none, and
	Why      string   `json:"why,omitempty"`      // why there is none
	Evidence []string `json:"evidence,omitempty"` // steps and calls
}

// found is a finding before its question stands before it.
type found struct {
	answer, why string
	calls       []call
}

// findings answer every question, from the exchanges alone and from what the person said.
func (w *walk) findings() []Finding {
	var all []Finding
	for _, q := range []struct {
		key, question string
		find          func() found
	}{
		{"dialect", "Which paths does this URL answer?", w.findDialect},
		{"endpoint", "Which result endpoint can be used?", w.findEndpoint},
		{"result", "Is a result consumed when it is read?", w.findResult},
		{"reset", "Does a new push clear an old result?", w.findReset},
		{"lifetime", "How long can a result be read?", w.findLifetime},
		{"pending_geofence", "What says the geofence endpoint while nobody has answered?", func() found { return w.findPending(geofence) }},
		{"pending_plain", "What says the plain endpoint while nobody has answered?", func() found { return w.findPending(plain) }},
		{"idle", "What is said of a mobile that was asked nothing?", func() found { return w.findAnswers("no result was asked for", forIdle) }},
		{"push", "What is the answer to a push?", func() found { return w.findAnswers("no push was sent", forPush) }},
		{"approval", "How is an approval told?", w.findApproval},
		{"echo", "Does an approval name the mobile?", w.findEcho},
		{"time", "Does an approval name its time?", w.findTime},
		{"request_id", "Does an answer name the push?", w.findRequestID},
		{"denial", "How is a denial told?", w.findDenial},
		{"expiry", "How is a push told that is too old?", w.findExpiry},
		{"wrong_key", "How is a wrong key refused?", func() found { return w.findAnswers("it was not tried", forWrongKey) }},
		{"no_path", "How is a path refused that does not exist?", func() found { return w.findAnswers("it was not tried", forNoPath) }},
		{"unknown_user", "How is an unknown person told?", func() found { return w.findAnswers("nobody was looked up", forNobody) }},
		{"limits", "What do the headers say of limits?", w.findLimits},
		{"clock", "How far is iVALT's clock from ours?", w.findClock},
		{"request_from", "How long may requestFrom be, and what does the phone show of it?", w.findLabels},
		{"mobile_formats", "Which spellings of a mobile are taken?", w.findFormats},
		{"policy", "How are iVALT's geofence and time window told?", w.findPolicy},
		{"key_scope", "Is the key bound to one organisation?", unanswerable("one key and one person cannot tell; ask iVALT")},
		{"several_people", "What of several e-mails with one mobile, or an inactive person?", unanswerable("it needs such accounts; ask iVALT")},
		{"callback", "Is a callback or a nonce planned?", unanswerable("only iVALT can tell")},
	} {
		f := q.find()
		all = append(all, Finding{Key: q.key, Question: q.question, Answer: f.answer, Why: f.why, Evidence: evidence(f.calls)})
	}
	return all
}

func unanswerable(why string) func() found { return func() found { return found{why: why} } }

func evidence(calls []call) (out []string) {
	for _, c := range calls {
		out = append(out, fmt.Sprintf("step %d, call %d", c.step, c.number))
	}
	return out
}

// of are the calls of a purpose.
func (w *walk) of(p purpose) (calls []call) {
	for _, c := range w.calls {
		if c.purpose == p {
			calls = append(calls, c)
		}
	}
	return calls
}

// one is the last call of a purpose: where one was throttled, that which was made for it.
func (w *walk) one(p purpose) (call, bool) {
	calls := w.of(p)
	if len(calls) == 0 {
		return call{}, false
	}
	return calls[len(calls)-1], true
}

// approval is the answer that ended the wait for one.
func (w *walk) approval() (call, bool) {
	calls := w.of(forApproval)
	for _, c := range calls {
		if readable(c) {
			return c, true
		}
	}
	return call{}, false
}

// told is an answer in words: its status and class, and iVALT's own words as far as they may be kept.
func (w *walk) told(c call) string {
	text := w.words(c.raw.Body)
	if text == "" {
		return answered(c)
	}
	return answered(c) + ": " + strconv.Quote(text)
}

// words is what an answer says to a reader.
func (w *walk) words(body []byte) string {
	var o struct {
		Message any `json:"message"`
		Error   struct {
			Detail any `json:"detail"`
		} `json:"error"`
		Data struct {
			Message any `json:"message"`
		} `json:"data"`
	}
	_ = json.Unmarshal(body, &o) // what cannot be read says nothing
	for _, v := range []any{o.Error.Detail, o.Data.Message, o.Message} {
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		if text, ok := v.(string); ok && text != "" {
			return w.scrub.text(text)
		}
	}
	return ""
}

// findAnswers lists the different answers to calls of one purpose.
func (w *walk) findAnswers(otherwise string, p purpose) found {
	f := found{calls: w.of(p)}
	var said []string
	for _, c := range f.calls {
		if text := w.told(c); c.result.Class != gateway.Throttled && !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	if f.answer = strings.Join(said, "; "); f.answer == "" {
		f.why = otherwise
	}
	return f
}

func (w *walk) findDialect() found {
	f := found{answer: w.dialect(), calls: slices.Concat(w.of(forNoPath), w.of(forIdle), w.of(forOtherDialect))}
	if f.answer == "" {
		f.why = "no result endpoint could be used"
	}
	return f
}

func (w *walk) findEndpoint() found {
	f := found{calls: slices.Concat(w.of(forIdle), w.of(forOtherDialect))}
	switch at := w.endpoint(); at {
	case geofence:
		f.answer = gateway.EndpointGeofence
	case plain:
		f.answer = gateway.EndpointPlain
	case lookUps, pushes, nowhere:
		f.why = "no result endpoint could be used"
	}
	return f
}

func (w *walk) findResult() found {
	f := found{calls: slices.Concat(w.of(forReread), w.of(forCross))}
	result, why := w.kept()
	if f.why = why; result != Unknown {
		f.answer = result
	}
	return f
}

// findReset has two sources: a result that stays when it is read, and an approval that nobody has read.
func (w *walk) findReset() found {
	const clears, leaves = "a push clears it", "a push leaves it"
	f := found{why: "no result was there when a push was sent"}
	var said []string
	judge := func(c call) {
		f.calls = append(f.calls, c)
		switch {
		case readable(c):
			said = append(said, leaves)
		case c.result.Class == gateway.Pending:
			said = append(said, clears)
		}
	}
	if c, ok := w.one(forReset); ok {
		if result, _ := w.kept(); result == Sticky {
			judge(c)
		}
	}
	if c, ok := w.one(forUnread); ok {
		judge(c)
	}
	switch slices.Sort(said); {
	case len(said) > 0 && said[0] == said[len(said)-1]:
		f.answer, f.why = said[0], ""
	case len(said) > 0:
		f.why = "the two tries disagree"
	}
	return f
}

// findLifetime is a lower bound: how long after it was first read an approval was still there.
func (w *walk) findLifetime() found {
	first, ok := w.approval()
	if result, _ := w.kept(); !ok || result != Sticky {
		return found{why: "it takes a result that stays when it is read, and a phone that is left alone for hours"}
	}
	last := first
	for _, c := range slices.Concat(w.of(forReread), w.of(forCross), w.of(forReset)) {
		if readable(c) {
			last = c
		}
	}
	return found{answer: fmt.Sprintf("at least %d s", int((last.after-first.after)/time.Second)), calls: []call{first, last}}
}

func (w *walk) findPending(at place) found {
	f := found{why: "no push was waiting, or the endpoint cannot be used"}
	var said []string
	for _, c := range slices.Concat(w.of(forPending), w.of(forApproval)) {
		if c.place != at || c.result.Class != gateway.Pending {
			continue
		}
		f.calls = append(f.calls, c)
		if status := strconv.Itoa(c.result.Status); !slices.Contains(said, status) {
			said = append(said, status)
		}
	}
	if len(said) > 0 {
		f.answer, f.why = strings.Join(said, ", "), ""
	}
	return f
}

// limits are the limits that headers named, and the longest time to a reset.
func (w *walk) limits() (limits []int, reset time.Duration, calls []call) {
	for _, c := range w.calls {
		if c.result.Rate.Limit == 0 {
			continue
		}
		if !slices.Contains(limits, c.result.Rate.Limit) {
			limits = append(limits, c.result.Rate.Limit)
		}
		reset = max(reset, c.result.Rate.Reset)
		calls = append(calls, c)
	}
	return limits, reset, calls
}
