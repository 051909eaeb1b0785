package notify

import (
	"fmt"
	"regexp"
	"strings"

	"ivalt-radius/fault"
	"ivalt-radius/guard/notify/way"
)

// Settings are one receiver, an element of `guard.notify`.
type Settings = way.Settings

// Notice is what administrators are told of an incident.
type Notice = way.Notice

// Check says what is wrong with the receivers. It reads ca_file and looks at commands; it asks nobody.
func Check(receivers []Settings) (faults fault.List) {
	names := map[string]int{}
	for i, s := range receivers {
		key := fmt.Sprintf("guard.notify[%d]", i)
		switch first, taken := names[strings.ToLower(s.Name)]; {
		case !directoryName(s.Name):
			faults.Add(key+".name", "%q names no directory: it begins with a letter or digit, and has letters, digits, dots, underscores and dashes, 64 at most", s.Name)
		case taken:
			faults.Add(key+".name", "guard.notify[%d] has the name %s too: notices wait under it", first, s.Name)
		default:
			names[strings.ToLower(s.Name)] = i
		}
		if s.PerHour < 1 {
			faults.Add(key+".per_hour", "must be 1 or more")
		}
		if s.Digest < 0 {
			faults.Add(key+".digest", "must be 0 or more")
		}
		faults = append(faults, s.Check(key)...)
	}
	return faults
}

// directoryName reports a name under which notices may wait: it leads nowhere else.
func directoryName(name string) bool {
	ok, err := regexp.MatchString(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`, name)
	return ok && err == nil
}
