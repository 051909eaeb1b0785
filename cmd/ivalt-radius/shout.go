package main

import (
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/secretage"
	"ivalt-radius/cmd/ivalt-radius/sources"
	"ivalt-radius/config"
	"ivalt-radius/config/inventory"
)

// shout says in log and trail which rules let people in without the phone while iVALT cannot be asked: at the start, at each reload,
// and as long as it lasts once an hour.
func (a *app) shout(s *config.Settings) {
	for _, rule := range s.Policy.Rules {
		until, err := time.Parse(time.RFC3339, rule.Fail.Until)
		if rule.Fail.Mode != "insecure_allow" || err != nil || !time.Now().Before(until) {
			continue
		}
		a.log.WithFields(logrus.Fields{"rule": rule.Name, "until": until.Format(time.RFC3339), "why": rule.Fail.Reason}).
			Warn("INSECURE: while iVALT cannot be asked, this rule lets people in without their phone")
		_ = a.trail.Post(audit.Security{
			Event:  "fail_mode_insecure_allow",
			Detail: "rule " + rule.Name + " lets people in without their phone while iVALT cannot be asked, until " + until.Format(time.RFC3339) + ": " + rule.Fail.Reason,
		})
	}
}

// ages keeps when each secret of the settings was first seen, and warns of those that are too old. Nobody is refused for what cannot be
// kept.
func (a *app) ages(s *config.Settings) {
	entries, err := secretage.Note(s, time.Now())
	if err != nil {
		a.log.WithError(err).Warn("the ages of secrets cannot be kept")
	}
	logFaults(a.log, s.Locate(inventory.TooOld(entries)))
}

// retireAfter is more than any login takes: answer_within is ten minutes at most.
const retireAfter = 11 * time.Minute

// retire closes the sources of older settings once no login that began with those can ask them any more.
func retire(old *sources.Sources) { time.AfterFunc(retireAfter, old.Close) }
