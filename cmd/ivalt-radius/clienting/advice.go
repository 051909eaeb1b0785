package clienting

import (
	"fmt"
	"strconv"
	"time"

	"ivalt-radius/radius/client"
	"ivalt-radius/radius/sighting"
)

// From when on a patience is worth an advice.
const (
	fewLogins = 3
	lateShare = 0.05
	toAnswer  = 18 * time.Second // 15 s to take the phone and read, and what a verdict needs
)

// advice is what to do about a NAS that does not wait long enough; empty where it does, or where that rests on too little.
func advice(s *sighting.Sighting, within time.Duration, preset client.Profile) string {
	text := ""
	switch patience, late := s.Patience.Time, s.LateShare() >= lateShare; {
	case s.Patience.Logins < fewLogins || patience >= within:
		if late && s.Approvals >= fewLogins {
			return fmt.Sprintf("%s of approvals come after the answer has left: raise answer_within (now %s) and its time-out above that", percent(s.LateShare()), seconds(within))
		}
		return ""
	case late:
		text = fmt.Sprintf("gives up after %s, %s of approvals come later", seconds(patience), percent(s.LateShare()))
	case patience < toAnswer:
		text = fmt.Sprintf("gives up after %s, before most people can answer a phone", seconds(patience))
	default:
		return ""
	}
	text += ": set its time-out to " + seconds(within)
	if preset.Title != "" {
		text += " (" + preset.Title + ": " + preset.Basis + ")"
	}
	return text
}

// seconds is a time as people say it: "10 s", "2.5 s".
func seconds(d time.Duration) string {
	const tenth = 100 * time.Millisecond
	return strconv.FormatFloat(float64(d/tenth)/10, 'f', -1, 64) + " s"
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
