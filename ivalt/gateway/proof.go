package gateway

import (
	"encoding/json"
	"strings"
	"time"

	"ivalt-radius/auth"
)

// clockSlack is how much older than the push an approval's own time may look.
const clockSlack = 2 * time.Second

// judge reads the body of a 200 to a poll. It is approved only where every part of the proof is there; pending where iVALT
// says "not yet"; otherwise drift, which never lets anybody in. An approval that speaks against itself is a violation.
func judge(doc object, q Question, now time.Time) (Class, Violation) {
	data, isObject := doc.get("data").(object)
	status := data.get("status")
	if isObject && doc.get("error") == nil && (status == false || (status == nil && len(data) > 0)) {
		return Pending, Sound
	}
	if status != true || doc.get("error") != nil || pushedText.MatchString(data.text("message")) {
		return Drift, Sound
	}
	recent, old := fresh(doc, data, q, now)
	switch {
	case another(data.object("details"), q.Mobile):
		return Drift, OtherPhone
	case old:
		return Drift, OldTime
	case !recent || !echoes(data, q) || !sameRequest(doc, data, q):
		return Drift, Sound
	}
	return Approved, Sound
}

// another reports that the details name a phone that cannot be the one that was asked. A number without its country that ends
// as ours proves nothing either way.
func another(details object, want auth.Mobile) bool {
	mobile, whole := digits(details.get("mobile"))
	if mobile == "" || sameMobile(details, want) {
		return false
	}
	code, _ := digits(details.get("country_code"))
	return whole || code != "" || !strings.HasSuffix(want.E164(), mobile)
}

// echoes reports that the details name the number that was asked, by digits.
func echoes(data object, q Question) bool {
	switch details := data.get("details").(type) {
	case nil:
		return q.Proof == MayLackEcho
	case object:
		if details.get("mobile") == nil {
			return q.Proof == MayLackEcho
		}
		return sameMobile(details, q.Mobile)
	}
	return false
}

// sameMobile compares an echoed mobile, whole or behind its country code, with the number that was asked.
func sameMobile(details object, want auth.Mobile) bool {
	mobile, whole := digits(details.get("mobile"))
	wanted := strings.TrimPrefix(want.E164(), "+")
	if mobile == "" || wanted == "" {
		return false
	}
	if whole || mobile == wanted {
		return mobile == wanted
	}
	code, _ := digits(details.get("country_code"))
	return code != "" && code+mobile == wanted
}

// digits are those of a number written as a string or a JSON number, empty where it holds anything else; whole reports a
// leading plus sign, so that no country code belongs before it.
func digits(v any) (text string, whole bool) {
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text, whole = strings.CutPrefix(strings.TrimSpace(v), "+")
		text = strings.Map(unmarked, text)
	}
	if len(text) > 20 || strings.Trim(text, "0123456789") != "" {
		return "", whole
	}
	return text, whole
}

// unmarked drops what people put between the digits of a number.
func unmarked(r rune) rune {
	if strings.ContainsRune(" -.()", r) {
		return -1
	}
	return r
}

// fresh reports that no time of approval in the body lies before the push; old, that one does. Both ages are measured on
// iVALT's own clock where the body tells it (debug.timestamp is the time of the answer), else on ours set right by the skew, so
// that a wrong clock here does no harm. No capture holds a time of approval: these names are those of the documents.
func fresh(doc, data object, q Question, now time.Time) (recent, old bool) {
	answered := clockOf(doc)
	if answered.IsZero() {
		answered = now.Add(q.Skew)
	}
	recent = true
	for _, o := range []object{data, data.object("details")} {
		for _, name := range []string{"approved_at", "authenticated_at", "verified_at", "timestamp"} {
			if o.get(name) == nil {
				continue
			}
			at, err := time.Parse(time.RFC3339Nano, o.text(name))
			late := err == nil && answered.Sub(at) > now.Sub(q.Sent)+clockSlack
			recent, old = recent && err == nil && !late, old || late
		}
	}
	return recent, old
}

// sameRequest reports that the body names no other push than ours.
func sameRequest(doc, data object, q Question) bool {
	id := requestID(doc, data)
	return id == "" || q.Request == "" || id == q.Request
}

// person reads the details of a look-up: exactly one distinct mobile of an active person, or nobody.
func person(doc object, email string) (Class, auth.Mobile) {
	data := doc.object("data")
	if doc.get("error") != nil || data == nil {
		return Drift, auth.Mobile{}
	}
	if status := data.get("status"); status == false {
		return Unknown, auth.Mobile{}
	}
	var people []any
	switch details := data.get("details").(type) {
	case object:
		people = []any{details}
	case []any:
		people = details
	}
	return onlyMobile(people, email)
}

func onlyMobile(people []any, email string) (Class, auth.Mobile) {
	var only auth.Mobile
	for _, p := range people {
		details, ok := p.(object)
		if !ok || !sameEmail(details, email) {
			return Drift, auth.Mobile{}
		}
		if status := details.get("status"); status != nil && status != "active" {
			continue
		}
		// A copy: what is remembered of a person must not hold the whole answer.
		mobile, err := auth.ParseMobile(international(strings.Clone(details.text("mobile_with_country_code"))))
		if err != nil {
			return Drift, auth.Mobile{}
		}
		if !only.Empty() && only != mobile {
			return Unknown, auth.Mobile{}
		}
		only = mobile
	}
	if only.Empty() {
		return Unknown, auth.Mobile{}
	}
	return Found, only
}

// sameEmail reports that the details name nobody else.
func sameEmail(details object, email string) bool {
	echoed := details.get("email")
	return echoed == nil || strings.EqualFold(strings.TrimSpace(details.text("email")), email)
}

// international puts the plus sign before a number that the field's own name says is international.
func international(number string) string {
	if number = strings.TrimSpace(number); number != "" && number[0] >= '1' && number[0] <= '9' {
		return "+" + number
	}
	return number
}
