package logins

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/vocabulary"
	"ivalt-radius/auth/reason"
	"ivalt-radius/cmd/ivalt-radius/count"
)

// shownSteps is how many of the first steps of a story, and how many of the last ones, are shown.
const shownSteps = 50

// bounded leaves out the middle of a long story.
func bounded(all []view.Step) (shown []view.Step, left int) {
	if len(all) <= 2*shownSteps {
		return all, 0
	}
	return append(all[:shownSteps:shownSteps], all[len(all)-shownSteps:]...), len(all) - 2*shownSteps
}

// steps are records in words, in their order. Calls that asked the same and heard the same, one behind the other, are one step.
func steps(records []*query.Record) []view.Step {
	out := []view.Step{}
	for i := 0; i < len(records); i++ {
		r, again := records[i], 1
		for ; i+1 < len(records) && repeats(r, records[i+1]); i++ {
			again++
		}
		words := wordsOf(r)
		if r.Detail != "" {
			words += "; " + audit.Shown(r.Detail)
		}
		if again > 1 {
			words = fmt.Sprintf("%s (%d times, the last at %s)", words, again, records[i].Time.UTC().Format(time.TimeOnly))
		}
		out = append(out, view.Step{Time: r.Time, Seq: r.Seq, Type: r.Type, What: whatOf(r), Words: words, Record: line(r)})
	}
	return out
}

// line is the record as the trail has it; null where that is no JSON after all, which the fast reader need not see.
func line(r *query.Record) json.RawMessage {
	if !json.Valid(r.Line) {
		return json.RawMessage("null")
	}
	return bytes.Clone(r.Line)
}

// repeats reports a call that asks what the one before asked, and hears the same.
func repeats(r, next *query.Record) bool {
	return r.Type == audit.APIRequest.String() && next.Type == r.Type && next.Call == r.Call && next.Class == r.Class && bytes.Equal(next.Status, r.Status)
}

// whatOf is the word of a step.
func whatOf(r *query.Record) string {
	switch r.Type {
	case audit.AuthenticationAttempt.String():
		return r.Verdict
	case audit.APIRequest.String():
		return r.Call
	case audit.UserAction.String():
		return r.Action
	}
	return r.Event
}

// wordsOf says what a record means, for people. No text of the network is in it that is not quoted.
func wordsOf(r *query.Record) string {
	switch r.Type {
	case audit.AuthenticationAttempt.String():
		return fmt.Sprintf("%s, %s: %s", verdictWords(r), took(r.DurationMS), meaningOf(r.Reason))
	case audit.APIRequest.String():
		return fmt.Sprintf("%s: %s", callWords(r.Call), classWords(r))
	case audit.UserAction.String():
		if r.Action == "accounting" {
			return accountingWords(r)
		}
	}
	for _, w := range vocabulary.Words() {
		if w.Type.String() == r.Type && w.Word == cmp.Or(r.Event, r.Action) {
			return strings.ReplaceAll(w.Meaning, "`", "")
		}
	}
	return "a record of another version"
}

func verdictWords(r *query.Record) string {
	switch r.Verdict {
	case reason.Accept.String():
		return "let in"
	case reason.Challenge.String():
		return "asked a question"
	}
	return "refused"
}

func took(ms int64) string {
	return "after " + (time.Duration(ms) * time.Millisecond).Round(10*time.Millisecond).String()
}

// meaningOf is what docs/reasons.md says of a reason.
func meaningOf(word string) string {
	text := "a reason of another version"
	reason.All(func(w, _, meaning string) {
		if w == word {
			text = strings.ReplaceAll(meaning, "`", "")
		}
	})
	return text
}

// callWords says what iVALT was asked.
func callWords(call string) string {
	switch call {
	case "push":
		return "push sent to iVALT"
	case "poll":
		return "asked what the phone said"
	case "drain":
		return "asked whether an earlier push left an answer behind"
	case "sentinel":
		return "asked right behind the push, which nobody can have answered yet"
	case "second look":
		return "asked once more, since an answer came too soon"
	case "look-up":
		return "asked iVALT whose phone it is"
	}
	return "asked iVALT"
}

// classWords says what an answer of iVALT was taken for.
func classWords(r *query.Record) string {
	switch r.Class {
	case "accepted":
		return "taken"
	case "pending":
		return "nothing yet"
	case "approved":
		return "approved"
	case "denied":
		return "refused by the person"
	case "expired":
		return "the push is over"
	case "found":
		return "one phone is known"
	case "unknown":
		return "iVALT does not know the person"
	case "geofence":
		return "the phone is outside the permitted place"
	case "timezone":
		return "the phone is outside the permitted hours"
	case "throttled":
		return "iVALT asks for a pause"
	case "bad key or path":
		return "iVALT refuses the API key, or the path"
	case "bad request":
		return "iVALT cannot take this number or address"
	case "shape drift":
		return "an answer without proof, which approves nobody"
	case "unsent":
		return "iVALT could not be reached: nothing was sent"
	case "failed":
		return fmt.Sprintf("no answer that can be used (HTTP status %s)", statusOf(r))
	}
	return fmt.Sprintf("an answer of no known meaning (HTTP status %s)", statusOf(r))
}

// statusOf is an HTTP status, as far as it is one.
func statusOf(r *query.Record) string {
	if n := string(r.Status); n != "" && n != "0" && strings.Trim(n, "0123456789") == "" {
		return n
	}
	return "none"
}

// accountingWords says what a NAS told of a session.
func accountingWords(r *query.Record) string {
	session := fmt.Sprintf("session %q", r.Session)
	switch strings.Trim(string(r.Status), `"`) {
	case "start":
		text := "the gateway tells that " + session + " has begun"
		if r.FramedIP != "" {
			text += fmt.Sprintf(", with the address %q", r.FramedIP)
		}
		return text
	case "interim_update":
		return fmt.Sprintf("the gateway tells that %s goes on: %s, %s", session, lasted(r), octets(r))
	case "stop":
		return fmt.Sprintf("the gateway tells that %s is over: %s, %s", session, lasted(r), octets(r))
	}
	return "the gateway tells of " + session
}

func lasted(r *query.Record) string {
	const most = 1 << 32
	return (time.Duration(min(r.SessionTime, most)) * time.Second).String()
}

func octets(r *query.Record) string {
	return fmt.Sprintf("%s in, %s out", count.Of(int(min(r.InputOctets, 1<<62)), "octet"), count.Of(int(min(r.OutputOctets, 1<<62)), "octet"))
}
