package rule

import (
	"slices"

	"ivalt-radius/guard"
)

// Step is a severity, from a count on.
type Step struct {
	From     int
	Severity guard.Severity
}

// Description is a rule for people: the one table of severities, and what the runbook says.
type Description struct {
	Rule    guard.Rule
	Counts  string // what it counts, as in "wrong passwords"
	Against string // whom an alert is about
	Steps   []Step // the first is from 1 on: below the threshold there is no alert
	Means   string // what it may be
	Look    string // what to look at
	Do      string // what to do
}

// Rules are all of them, in the order of the settings.
func Rules() []Description {
	return slices.Concat(logins(), pushes(), packets(), places(), service(), calls())
}

// IndexOf is a rule's place in Rules; -1 for a word that is no rule.
func IndexOf(r guard.Rule) int {
	for i, known := range order {
		if known == r {
			return i
		}
	}
	return -1
}

// order is that of Rules.
var order = [...]guard.Rule{ //nolint:gochecknoglobals // a constant table
	guard.BruteForce, guard.PasswordSpray, guard.APIAbuse, guard.SuspiciousSource, guard.PushBombing, guard.BombedApproval,
	guard.PushRefused, guard.Collisions, guard.UnknownClient, guard.SpoofedClient, guard.MessageAuthenticator, guard.GeofenceProbing,
	guard.TimeProbing, guard.ClockJump, guard.TrailTampered, guard.FailedLogins, guard.APIErrors, guard.APISlow,
}

// Count is how many rules there are.
const Count = len(order)

// Runbook is where the description of a rule is written down for people, with the commands.
func Runbook(r guard.Rule) string { return "docs/operations.md#" + string(r) }

// SeverityOf is how bad a count is.
func (d Description) SeverityOf(count int) guard.Severity {
	s := guard.Low
	for _, step := range d.Steps {
		if count >= step.From {
			s = step.Severity
		}
	}
	return s
}

// steps are severities from 1 on, and from further counts on.
func steps(first guard.Severity, further ...Step) []Step {
	return append([]Step{{From: 1, Severity: first}}, further...)
}
