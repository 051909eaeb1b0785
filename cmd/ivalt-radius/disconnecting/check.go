package disconnecting

import (
	"cmp"
	"slices"

	"ivalt-radius/config"
	"ivalt-radius/fault"
)

// Check warns where incidents are to disconnect sessions and no client has a disconnect_port. That the default says so too is no news as
// long as nothing is really done.
func Check(s *config.Settings) fault.List {
	var faults fault.List
	if slices.ContainsFunc(s.Clients, func(c config.Client) bool { return c.DisconnectPort != 0 }) {
		return nil
	}
	r := s.Guard.Respond
	for key, steps := range map[string][]string{
		"guard.respond.low": r.Low, "guard.respond.medium": r.Medium, "guard.respond.high": r.High, "guard.respond.critical": r.Critical,
	} {
		if slices.Contains(steps, "disconnect") && (s.Given(key) || !r.DryRun) {
			faults.Warn(key, "names disconnect, and no client has a disconnect_port: no session will be ended; "+
				"set clients[].disconnect_port where the NAS takes Disconnect-Requests (RFC 5176), or leave the step out")
		}
	}
	slices.SortFunc(faults, func(a, b fault.Fault) int { return cmp.Compare(a.Key, b.Key) })
	return faults
}
