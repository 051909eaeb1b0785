package ivalt

import (
	"encoding/json"
	"strings"
	"time"

	"ivalt-radius/auth"
)

// clockSlack is how much older than the push an approval's own time may look.
const clockSlack = 2 * time.Second

// judge reads the body of a 200 to a poll. It is approved only where every part of the proof is there; pending where iVALT
// says "not yet"; otherwise drift, which never lets anybody in.
func judge(doc object, q question) class {
	data, isObject := doc.get("data").(object)
	status := data.get("status")
	if isObject && doc.get("error") == nil && (status == false || (status == nil && len(data) > 0)) {
		return pending
	}
	if status != true || doc.get("error") != nil {
		return drift
	}
	if pushedText.MatchString(data.text("message")) || !echoes(data, q) || !fresh(doc, data, q) || !sameRequest(doc, data, q) {
		return drift
	}
	return approved
}

// echoes reports that the details name the number that was asked, by digits.
func echoes(data object, q question) bool {
	switch details := data.get("details").(type) {
	case nil:
		return q.missingProof == mayLackEcho
	case object:
		if details.get("mobile") == nil {
			return q.missingProof == mayLackEcho
		}
		return sameMobile(details, q.mobile)
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
		text = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "").Replace(text)
	}
	if len(text) > 20 || strings.Trim(text, "0123456789") != "" {
		return "", whole
	}
	return text, whole
}

// fresh reports that no time of approval in the body lies before the push. Both ages are measured on iVALT's own clock
// where the body tells it (debug.timestamp is the time of the answer), so that a wrong clock here does no harm. No capture
// holds a time of approval: these names are those of the documents.
func fresh(doc, data object, q question) bool {
	answered, err := time.Parse(time.RFC3339Nano, doc.object("debug").text("timestamp"))
	if err != nil {
		answered = q.now
	}
	for _, o := range []object{data, data.object("details")} {
		for _, name := range []string{"approved_at", "authenticated_at", "verified_at", "timestamp"} {
			if o.get(name) == nil {
				continue
			}
			at, err := time.Parse(time.RFC3339Nano, o.text(name))
			if err != nil || answered.Sub(at) > q.sincePush+clockSlack {
				return false
			}
		}
	}
	return true
}

// sameRequest reports that the body names no other push than ours.
func sameRequest(doc, data object, q question) bool {
	id := requestID(doc, data)
	return id == "" || q.request == "" || id == q.request
}

// person reads the details of a look-up: exactly one distinct mobile of an active person, or nobody.
func person(doc object, email string) (class, auth.Mobile) {
	data := doc.object("data")
	if doc.get("error") != nil || data == nil {
		return drift, auth.Mobile{}
	}
	if status := data.get("status"); status == false {
		return unknown, auth.Mobile{}
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

func onlyMobile(people []any, email string) (class, auth.Mobile) {
	var only auth.Mobile
	for _, p := range people {
		details, ok := p.(object)
		if !ok || !sameEmail(details, email) {
			return drift, auth.Mobile{}
		}
		if status := details.get("status"); status != nil && status != "active" {
			continue
		}
		mobile, err := auth.ParseMobile(international(details.text("mobile_with_country_code")))
		if err != nil {
			return drift, auth.Mobile{}
		}
		if !only.Empty() && only != mobile {
			return unknown, auth.Mobile{}
		}
		only = mobile
	}
	if only.Empty() {
		return unknown, auth.Mobile{}
	}
	return found, only
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
