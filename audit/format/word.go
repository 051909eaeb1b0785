package format

import (
	"net/netip"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
)

// outcome is success or failure; empty where a record is neither.
func outcome(r *query.Record) string {
	switch {
	case r.Type == audit.AuthenticationAttempt.String() && r.Verdict == "accept",
		r.Type == audit.APIRequest.String() && usable(r.Class), r.Event == "reloaded":
		return "success"
	case r.Type == audit.AuthenticationAttempt.String() && r.Verdict == "reject",
		r.Type == audit.APIRequest.String(), r.Event == "reload_refused":
		return "failure"
	}
	return ""
}

// usable reports the class of an answer of iVALT that says something of the person. "pending" is one, though HTTP's status is an error.
func usable(class string) bool {
	switch class {
	case "geofence", "timezone", "denied", "expired", "unknown", "pending", "accepted", "found", "approved":
		return true
	}
	return false
}

// word is what happened in one word of the trail.
func word(r *query.Record) string {
	switch {
	case r.Type == audit.AuthenticationAttempt.String():
		return r.Reason
	case r.Event != "":
		return r.Event
	case r.Action != "":
		return r.Action
	}
	return r.Call
}

// Severity is how much a record matters, from 0 to 10 as CEF has it: up to 3 is low, up to 6 medium, up to 8 high, above very high.
func Severity(r *query.Record) int {
	switch r.Type {
	case audit.SecurityEvent.String():
		switch r.Event {
		case "trail_broken", "trail_replaced", "trail_truncated", "trail_head_unreadable", "trail_key_changed", "records_lost":
			return 9 // the evidence itself
		}
		return 7
	case audit.AuthenticationAttempt.String():
		if r.Verdict == "reject" {
			return 5
		}
		return 3
	case audit.ConfigurationChange.String(), audit.DataAccess.String():
		return 4
	case audit.UserAction.String():
		if r.Action != "accounting" {
			return 4
		}
	}
	return 1
}

// address is the text where it is an IP address without a zone.
func address(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}
