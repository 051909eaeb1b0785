package ivalt

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest/answers"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
)

// TestNoScriptApprovesButTheProof plays random answers, hostile ones among them, against whole logins of one phone: nobody is
// approved unless the last answer was the full proof and a poll after the push had found none before.
func TestNoScriptApprovesButTheProof(t *testing.T) {
	bodies := lies()
	common := []reply{sent(), wait(), said(), no(), down(), broken(), tooMany(), {status: 200, body: gatewaytest.Approved(otherPhone)}}
	rapid.Check(t, func(rt *rapid.T) {
		replies := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(common), rapid.SampledFrom(common), rapid.SampledFrom(bodies)), 1, 30).Draw(rt, "replies")
		delays := rapid.SliceOfN(rapid.SampledFrom(ms(0, 300, 4000, 20000)), 1, 10).Draw(rt, "delays")
		works := sent()
		pushes := rapid.SampledFrom([]*reply{nil, &works}).Draw(rt, "push")
		gap := rapid.SampledFrom(ms(0, 500, 5000, 400000)).Draw(rt, "gap")
		var complaint string
		synctest.Test(t, func(t *testing.T) {
			complaint = play(t, replies, delays, pushes, gap)
		})
		if complaint != "" {
			rt.Fatal(complaint)
		}
	})
}

// lies are the simulator's false answers, each as it is told at each endpoint, and what refuses or throttles.
func lies() (all []reply) {
	for _, f := range answers.Faults() {
		for _, e := range []answers.Endpoint{answers.LookUpEndpoint, answers.PushEndpoint, answers.ResultEndpoint} {
			r := f.Forge(answers.Ask{Endpoint: e, Geofenced: true, Now: time.Date(2026, 11, 10, 17, 28, 37, 0, time.UTC), Email: "ada@example.com", Mobile: testMobile, Name: "A", SentStatus: 200})
			// What only travels badly is a good answer in itself, and a perfect approval is no lie at the place of a regular poll.
			// Huge ones only take time here: the client's own tests have them.
			if r.Delivery != answers.Whole || f.Kind == answers.StaleApproval || len(r.Body) > 8<<10 {
				continue
			}
			header := r.Header.Clone()
			if header == nil {
				header = http.Header{}
			}
			if r.Type != "" {
				header.Set("Content-Type", r.Type)
			}
			all = append(all, reply{status: r.Status, body: string(r.Body), header: header})
		}
	}
	return all
}

// seen is one answer of the script: to what, which, and the moment in which it was read.
type seen struct {
	path  string
	reply reply
	asked time.Duration
	read  time.Duration
}

func play(t *testing.T, replies []reply, delays []time.Duration, pushes *reply, gap time.Duration) string {
	t.Helper()
	var log []seen
	n := 0
	h := newHouse(t, settings(), func(r request) reply {
		a := replies[n%len(replies)]
		a.after = delays[n%len(delays)]
		n++
		if r.path == pushPath && pushes != nil {
			a = *pushes
		}
		if r.mobile == "" {
			return a // a probe
		}
		log = append(log, seen{path: r.path, reply: a, asked: r.at, read: r.at + min(a.after, gateway.Timeout)})
		return a
	})
	h.level(0)
	defer h.Close()
	for _, id := range []string{"a1", "a2"} {
		a := h.push(t.Context(), pushTo(t, id, testMobile))
		h.fake.mu.Lock()
		this := log
		log = nil
		h.fake.mu.Unlock()
		if why := judgeLogin(a, this); why != "" {
			return why
		}
		<-time.After(gap)
	}
	return ""
}

// judgeLogin says what a login's answer breaks of the rules, from what iVALT answered alone.
func judgeLogin(a auth.Answer, log []seen) string {
	var pushes, polls []seen // polls after the first push
	for _, s := range log {
		if s.path == pushPath {
			pushes = append(pushes, s)
		} else if len(pushes) > 0 {
			polls = append(polls, s)
		}
	}
	switch {
	case len(pushes) > 2:
		return "more than two pushes"
	case len(pushes) == 2 && (taken(pushes[0].reply) || pushes[1].asked-pushes[0].read < course.ResendAfter):
		return "a second push too many or too soon"
	case len(pushes) > 0 && !a.Pushed && pushes[0].reply.body == gatewaytest.Sent && pushes[0].reply.after < gateway.Timeout:
		return "a push that iVALT took is denied"
	case a.Outcome == auth.Approved && !proven(polls):
		return "approved without the proof"
	}
	return ""
}

// proven reports that the last poll was answered by the full proof, and an earlier one by something that is none.
func proven(polls []seen) bool {
	proof := func(s seen) bool {
		// A request id harms nothing where the push was given none, or the same.
		body := strings.Replace(s.reply.body, `"request_id":"other",`, "", 1)
		return taken(s.reply) && body == gatewaytest.Approved(testMobile) && s.reply.status == 200
	}
	cleared := slices.ContainsFunc(polls, func(s seen) bool { return readable(s.reply) && !proof(s) })
	return len(polls) > 0 && cleared && proof(polls[len(polls)-1])
}

// taken reports that a push was answered in a way that does not leave it in doubt.
func taken(r reply) bool { return r.err == nil && r.after < gateway.Timeout && r.status < 500 }

// readable reports an answer to a poll that says something.
func readable(r reply) bool {
	return taken(r) && r.status != 429 && (r.status == 204 || json.Valid([]byte(r.body)))
}
