package load

import (
	"fmt"
	"time"
)

// quiet is the highest rate, in logins a minute, that counts as quiet.
const quiet = 5

// broken says which promise the product's own rows break in one scene: the figures that `ivalt.sentinel: auto` is to reach.
// others are baselines in the same scene.
func broken(s scene, ours outcome, others ...outcome) []string {
	var found []string
	complain := func(is bool, format string, args ...any) {
		if is {
			found = append(found, s.name+": "+fmt.Sprintf(format, args...))
		}
	}
	complain(ours.throttled > 0, "%d calls over the limits", ours.throttled)
	for i, most := range [...]int{19, 97, 970} { // 97 % of what is documented
		complain(ours.peaks[i] > most, "%d calls in one %s, %d promised", ours.peaks[i], [...]string{"second", "minute", "hour"}[i], most)
	}
	usual := s.people == assumed() && s.length == 10*time.Minute
	if usual && s.most <= quiet {
		complain(ours.perLogin(ours.polls) > 3.5, "%.2f polls a login, 3.5 promised", ours.perLogin(ours.polls))
		complain(ours.mean() > 1500*time.Millisecond, "%v added on average, 1.5 s promised", ours.mean())
	}
	if usual && s.most == 20 {
		complain(ours.success() < 0.99, "%.1f %% let in, 99 %% promised", 100*ours.success())
		complain(ours.p95() > 8*time.Second, "one in twenty waits %v, 8 s promised", ours.p95())
	}
	for _, other := range others {
		complain(ours.success() < other.success(), "%.1f %% let in, %.1f %% by a fixed interval", 100*ours.success(), 100*other.success())
	}
	return found
}
