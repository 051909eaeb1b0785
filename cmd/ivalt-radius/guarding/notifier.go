package guarding

import (
	"fmt"
	"strings"

	"ivalt-radius/guard/incident"
	"ivalt-radius/guard/notify"
	"ivalt-radius/guard/watch/rule"
)

// notifier makes notices of incidents.
type notifier struct{ notices *notify.Notices }

// Notify implements respond.Notifier.
func (n notifier) Notify(i incident.Incident) error { return n.notices.Notify(Notice(i)) }

// Notice is what administrators are told of an incident. The same incident at the same severity is the same notice.
func Notice(i incident.Incident) notify.Notice {
	out := notify.Notice{
		ID: i.ID + "-" + i.Severity.String(), Incident: i.ID, Rule: i.Rule, Severity: i.Severity, Subject: i.Subject.String(),
		Count: i.Count, Time: i.Last, Runbook: rule.Runbook(i.Rule),
	}
	what := i.Detail
	if n := rule.IndexOf(i.Rule); n >= 0 {
		about := rule.Rules()[n]
		out.Do = about.Do
		what = about.Counts
	}
	out.Summary = fmt.Sprintf("%s: %d %s", i.Subject, i.Count, what)
	for _, a := range i.Actions {
		if a.Step != "notify" {
			out.Steps = append(out.Steps, strings.TrimSuffix(a.Step+" "+string(a.Outcome)+": "+a.Detail, ": "))
		}
	}
	return out
}
