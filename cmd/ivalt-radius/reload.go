package main

import (
	"fmt"
	"os"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/logger"
	"ivalt-radius/config"
	"ivalt-radius/fault"
)

// reload swaps the settings for the logins that begin from now on, or keeps the last good ones and says why.
func (a *app) reload() {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, r, faults := load(a.path, os.Environ())
	if s != nil {
		faults = append(faults, config.Restart(a.settings, s)...)
	}
	logFaults(a.log, faults)
	if len(faults.Fatal()) > 0 {
		a.refuse(faults)
		return
	}
	// Every room has found its settings sound. ivalt reads a file once more, so it alone can still refuse, and goes first.
	found := a.phone.Reload(r.ivalt)
	if len(found.Fatal()) == 0 {
		found = a.server.Reload(r.radius)
	}
	if len(found.Fatal()) > 0 {
		a.refuse(found)
		return
	}
	a.settings = s
	a.Note(audit.Configuration{Event: "reloaded", Digest: s.Digest()})
	a.log.WithField("settings", s.Digest()).Info("reloaded")
}

// refuse says that a reload changed nothing, and why.
func (a *app) refuse(faults fault.List) {
	fatal := faults.Fatal()
	a.Note(audit.Configuration{Event: "reload_refused", Detail: fmt.Sprintf("%d faults", len(fatal))})
	a.log.WithField("faults", texts(fatal)).Error("reload refused")
}

// logFaults logs each fault and warning on a line of its own.
func logFaults(log *logger.Logger, faults fault.List) {
	for _, f := range faults {
		level := logrus.ErrorLevel
		if f.Warning {
			level = logrus.WarnLevel
		}
		log.WithFields(logrus.Fields{"key": f.Key, "line": f.Line, "fault": f.String()}).Log(level, "setting")
	}
}
