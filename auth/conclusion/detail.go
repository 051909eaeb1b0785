package conclusion

import (
	"strings"
	"time"

	"ivalt-radius/auth/reason"
	"ivalt-radius/policy"
)

// Detail is what the evidence of a login says behind its reason: the note first, where there is one.
func Detail(d policy.Decision, p Proof, v Verdict, note string, err error) string {
	detail := p.Answer.Detail
	switch {
	case err != nil:
		detail = err.Error()
	case v.FailMode:
		detail = FailDetail(d, p)
	case v.Reason == reason.Remembered:
		detail = "approved at " + p.SameLogin.UTC().Format(time.RFC3339)
	}
	if note != "" {
		detail = strings.TrimSuffix(note+"; "+detail, "; ")
	}
	return detail
}

// FailDetail says why a phone that did not ring was no hindrance.
func FailDetail(d policy.Decision, p Proof) string {
	words := "iVALT cannot be asked (" + p.Answer.Detail + "); "
	if d.Fail.Mode == policy.FailOpen {
		return words + "fail mode insecure_allow until " + d.Fail.Until.UTC().Format(time.RFC3339) + ": " + d.Fail.Why
	}
	return words + "fail mode allow_remembered: approved at " + p.SameStation.UTC().Format(time.RFC3339) + " from this calling station"
}
