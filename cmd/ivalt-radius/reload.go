package main

import (
	"context"
	"os"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/formerly"
	"ivalt-radius/cmd/ivalt-radius/inforce"
	"ivalt-radius/cmd/ivalt-radius/logger"
	"ivalt-radius/cmd/ivalt-radius/measuring"
	"ivalt-radius/config"
	"ivalt-radius/fault"
)

// takes says which changes a reload does not take, beside those that need a restart.
type takes func(before, after *config.Settings) fault.List

// everything is what an operator's SIGHUP takes.
func everything(_, _ *config.Settings) fault.List { return nil }

// peopleAlone is what a change of users.file brings in force by itself: not whatever else lies there, half written perhaps.
func peopleAlone(before, after *config.Settings) (faults fault.List) {
	for _, key := range config.Changed(before, after) {
		if key != "users.file" {
			faults.Add(key, "has changed too: users.file alone comes into force by itself; send SIGHUP for both")
		}
	}
	return faults
}

// reloading tells the service manager that a reload has begun; what it gives tells that it is over.
func (a *app) reloading(ctx context.Context) (over func()) {
	a.supervisor.Reloading()
	return func() { a.supervisor.Ready(a.status(ctx)) }
}

// reload swaps the settings for the logins that begin from now on, or keeps the last good ones and says why.
func (a *app) reload(ctx context.Context, may takes) (out inforce.Outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.reloading(ctx)()
	s, r, faults := loadWith(a.path, config.Options{Environ: os.Environ(), Ring: a.ring}, a.verifier)
	out = inforce.Outcome{Before: a.inForce(), After: s}
	defer func() {
		out.Faults = faults
		if !out.Taken {
			r.sources.Close()
		}
	}()
	if s != nil {
		faults = append(append(faults, config.Restart(out.Before, s)...), may(out.Before, s)...)
		faults = append(faults, a.ship.Refuses(r.ship)...)
	}
	logFaults(a.log, faults)
	if len(faults.Fatal()) > 0 {
		a.refuse(faults, "")
		return out
	}
	if found := a.record(ctx, s); len(found) > 0 {
		faults = append(faults, found...)
		a.refuse(found, unfulfilled)
		return out
	}
	// Every room has found its settings sound. ivalt reads a file once more, so it alone can still refuse, and goes first.
	before := a.apiKey.Swap(&s.IVALT.APIKey) // of the budget that a new key begins
	found := a.phone.Reload(a.noting(r.ivalt))
	if len(found.Fatal()) > 0 {
		a.apiKey.Store(before)
	}
	if len(found.Fatal()) == 0 {
		found = a.server.Reload(r.radius)
	}
	if len(found.Fatal()) > 0 {
		faults = append(faults, found...)
		a.refuse(found, unfulfilled)
		return out
	}
	_ = a.ship.Reload(ctx, r.ship)           // it has said above that it refuses nothing
	if err := a.guard.Adopt(s); err != nil { //nolint:contextcheck // receivers of notices outlive the reload, and end with Close
		a.log.WithError(err).Error("notices go on under the settings before")
	}
	a.settings.Store(s)
	a.deciding.Store(deciding(s, r))
	out.Taken = true
	retire(a.sources)
	a.sources = r.sources
	a.keeping.adopt(s, a.trail)
	a.sharing.Adopt(s)
	a.window.Adopt(s)
	a.metrics.Adopt(measuring.Clients(s))
	a.standing.Took(a.sources)
	now := formerly.Of(s)
	a.keep(s.State.Directory, now)
	a.Note(audit.System{Event: "reloaded", Detail: "settings " + now.Digest})
	a.shout(s)
	a.ages(s)
	a.log.WithField("settings", now.Digest).Info("reloaded")
	return out
}

// unfulfilled is for a refusal behind the record of the reload itself, which may be in the trail.
const unfulfilled = "; a reload recorded right before did not take place"

// refuse says that a reload changed nothing, and why. The note goes behind the count of faults in the trail.
func (a *app) refuse(faults fault.List, note string) {
	fatal := faults.Fatal()
	a.standing.Refused(len(fatal))
	a.Note(audit.Configuration{Event: "reload_refused", Detail: count.Of(len(fatal), "fault") + note})
	a.Note(audit.System{Event: "reload_refused", Detail: count.Of(len(fatal), "fault")})
	a.log.WithField("faults", texts(fatal)).Error("reload refused")
}

// logFaults logs each fault and warning on a line of its own: where it is, and in `fault` what is wrong. `file` is empty for the
// configuration file itself, and names a variable of the environment where one sets the key.
func logFaults(log *logger.Logger, faults fault.List) {
	for _, f := range faults {
		level := logrus.ErrorLevel
		if f.Warning {
			level = logrus.WarnLevel
		}
		log.WithFields(logrus.Fields{"key": f.Key, "file": f.File, "line": f.Line, "fault": f.Message}).Log(level, "setting")
	}
}
