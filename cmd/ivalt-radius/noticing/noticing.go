package noticing

import (
	"ivalt-radius/config"
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
