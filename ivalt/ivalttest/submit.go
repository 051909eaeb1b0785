package ivalttest

import (
	"strings"

	"ivalt-radius/ivalt/ivalttest/answers"
)

// whole is the mobile of a submission, which comes with its country code apart.
func (f fields) whole() string {
	if country, _ := f.CountryCode.(string); country != "" && f.Mobile != "" && f.Mobile[0] != '+' {
		return "+" + strings.TrimPrefix(country, "+") + f.Mobile
	}
	return f.Mobile
}

// submission is what a phone says, as the application was seen to take it: 1, "1" or "true" for a yes.
func (f fields) submission() (said outcome, known bool) {
	switch f.Status {
	case float64(1), "1", "true", true:
		return approved, true
	case float64(0), "0", "false", false:
		return denied, true
	}
	return none, false
}

// submit takes a result from whoever brings it: the application believes the key alone.
func (c *Cloud) submit(k *call) answers.Reply {
	said, known := k.sent.submission()
	switch {
	case k.sent.CountryCode == nil:
		return answers.Invalid("country_code", "The country code field is required.")
	case k.sent.Status == nil:
		return answers.Invalid("status", "The status field is required.")
	case !known:
		return answers.Invalid("status", "The selected status is invalid.")
	}
	enrolled := false
	c.onPhone(k, func(ph *phone) {
		if enrolled = ph.enrolled(k.options.Default); enrolled {
			ph.settle(k.now, k.options.PushLifetime)
			ph.submit(said, k)
		}
	})
	if !enrolled {
		return answers.UnknownMobile(k.ask())
	}
	return answers.Submitted(k.ask())
}
