package ivalt

import (
	"time"

	"ivalt-radius/fault"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/label"
	"ivalt-radius/ivalt/pace"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

// The words of Settings.Sentinel and Settings.OnCollision.
const (
	SentinelAlways = "always"
	SentinelAuto   = "auto"
	ResultUnknown  = "unknown"
	ResultSticky   = "sticky"
	ResultConsumed = "consumed"
	DenyBoth       = "deny_both"
	KeepFirst      = "keep_first"
)

// mostApproval is how long a push lives at iVALT.
const mostApproval = 5 * time.Minute

// Settings are the `ivalt` section of the configuration.
type Settings struct {
	// API is the way to iVALT.
	API gateway.Settings
	// ApprovalTimeout is how long a person has, from the push on: 1 s to 5 min.
	ApprovalTimeout time.Duration
	// Sentinel is SentinelAlways (also where empty) or SentinelAuto.
	Sentinel string
	// Result is what is known of iVALT's results: ResultUnknown (also where empty), ResultSticky or ResultConsumed.
	Result string
	// OnCollision is DenyBoth (also where empty) or KeepFirst.
	OnCollision string
	// AllowMissingDetails accepts an approval that does not echo the mobile. One that echoes another never counts.
	AllowMissingDetails bool
	// Limits are the API's. 0 is unlimited, less is a fault.
	Limits state.Limits
	// RequestFrom is the text of the push, with {client}, {calling_station}, {user} and {number}. Empty shows "VPN".
	RequestFrom string
}

// check completes the settings and says what is wrong with them. Its products are the settings in usable form.
func (s Settings) check() (plan, gateway.Options, fault.List) {
	options, faults := s.API.Options()
	p := plan{rules: course.Rules{Approval: s.ApprovalTimeout}, connections: options.Connections, limited: s.Limits != state.Limits{}}
	if s.ApprovalTimeout < time.Second || s.ApprovalTimeout > mostApproval {
		faults.Add("ivalt.approval_timeout", "must be between 1s and %s, the life of a push", mostApproval)
	}
	switch s.Sentinel {
	case "", SentinelAlways:
	case SentinelAuto:
		p.rules.Sentinel = course.WhereDoubtful
	default:
		faults.Add("ivalt.sentinel", "must be %s or %s", SentinelAlways, SentinelAuto)
	}
	switch s.Result {
	case "", ResultUnknown:
	case ResultSticky:
		p.rules.Result = course.StickyResult
	case ResultConsumed:
		p.rules.Result = course.ConsumedResult
	default:
		faults.Add("ivalt.result", "must be %s, %s or %s", ResultUnknown, ResultSticky, ResultConsumed)
	}
	switch s.OnCollision {
	case "", DenyBoth:
	case KeepFirst:
		p.collision = cluster.KeepFirst
	default:
		faults.Add("ivalt.on_collision", "must be %s or %s", DenyBoth, KeepFirst)
	}
	if s.AllowMissingDetails {
		p.proof = gateway.MayLackEcho
	}
	pace.CheckLimits(s.Limits, &faults)
	var err error
	if p.label, err = label.Parse(s.RequestFrom); err != nil {
		faults.Add("ivalt.request_from", "%s", err)
	}
	return p, options, faults
}
