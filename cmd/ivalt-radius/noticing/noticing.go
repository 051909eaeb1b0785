package noticing

import (
	"fmt"
	"slices"

	"ivalt-radius/config"
	"ivalt-radius/fault"
	"ivalt-radius/guard"
	"ivalt-radius/guard/notify"
)

// Settings are `guard.notify` as guard/notify understands it.
func Settings(s *config.Settings) []notify.Settings {
	out := make([]notify.Settings, len(s.Guard.Notify))
	for i, r := range s.Guard.Notify {
		severity, _ := guard.ParseSeverity(r.Severity) // config knows its words
		out[i] = notify.Settings{
			Name: r.Name, Kind: r.Kind, Severity: severity, URL: r.URL, SigningSecret: r.SigningSecret,
			Server: r.Server, InsecurePlaintext: r.InsecurePlaintext, Username: r.Username, Password: r.Password,
			From: r.From, Recipients: r.Recipients, Command: r.Command, CAFile: r.CAFile, Digest: r.Digest, PerHour: r.PerHour,
		}
	}
	return out
}

// Check says what is wrong with the receivers, and warns of one that is told of less than its settings say: notices are a step of guard.respond.
func Check(s *config.Settings) fault.List {
	receivers := Settings(s)
	faults := notify.Check(receivers)
	r := s.Guard.Respond
	steps := [][]string{guard.Low: r.Low, guard.Medium: r.Medium, guard.High: r.High, guard.Critical: r.Critical}
	for i, n := range receivers {
		key := fmt.Sprintf("guard.notify[%d].severity", i)
		told := n.Severity
		for told <= guard.Critical && !slices.Contains(steps[told], "notify") {
			told++
		}
		switch {
		case told > guard.Critical:
			faults.Warn(key, "is %s, and guard.respond has notify for nothing from there on: the receiver is told of nothing", n.Severity)
		case told > n.Severity && s.Given(key):
			faults.Warn(key, "is %[1]s, and guard.respond.%[1]s has no notify: the receiver is told of nothing below %[2]s", n.Severity, told)
		}
	}
	return faults
}
