package judgement

import (
	"slices"
	"strings"

	"ivalt-radius/auth/reason"
	"ivalt-radius/policy"
)

// ReasonOf is the reason of a login that policy denies so.
func ReasonOf(d policy.Denial) reason.Reason {
	switch d {
	case policy.ByNetwork:
		return reason.NetworkDenied
	case policy.ByHours:
		return reason.OutsideHours
	case policy.ByRule:
	}
	return reason.PolicyDenied
}

// Attributes are those of an Accept: the operator's, and behind them those of an upstream server whose names the operator does not set.
func Attributes(ours, upstream []policy.Attribute) []policy.Attribute {
	all := ours
	for _, a := range upstream {
		if !slices.ContainsFunc(ours, func(b policy.Attribute) bool { return strings.EqualFold(a.Name, b.Name) }) {
			all = append(slices.Clip(all), a)
		}
	}
	return all
}
