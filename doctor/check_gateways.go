package doctor

import (
	"fmt"
	"time"
)

const (
	// personNeeds is what finding the phone, unlocking it and answering takes at least.
	personNeeds = 25 * time.Second
	// lateShare is how many approvals may come too late before it is worth a word, of 1.
	lateShare = 0.05
)

func gatewaysPatience(f *Facts, v *verdict) {
	if !known(f.Gateways, v, "the gateways") {
		return
	}
	for _, g := range f.Gateways.Value {
		before := len(v.do)
		if judgePatience(g, v); len(v.do) > before {
			v.do = append(v.do, Commands(g.Profile, g.AnswerWithin)...)
		}
	}
}

func judgePatience(g Gateway, v *verdict) {
	seen := fmt.Sprintf("%s: waits %s by the settings, so a person has %s", g.Client, g.AnswerWithin, g.Approval)
	switch {
	case g.Approval < personNeeds:
		v.warning(seen+", which is short", fmt.Sprintf("set the gateway's own time-out higher, then clients[].answer_within of %s", g.Client))
	case g.Approval < g.Configured:
		v.warning(fmt.Sprintf("%s, and not ivalt.approval_timeout (%s)", seen, g.Configured),
			fmt.Sprintf("set the gateway's own time-out higher, then clients[].answer_within of %s; or lower ivalt.approval_timeout", g.Client))
	default:
		v.ok(seen)
	}
	l := g.Learned
	switch {
	case !l.Known:
		known(l, v, g.Client+": what its packets tell")
	case l.Value.Patience == 0:
		v.unknown(g.Client+": its packets have not told yet when it gives up", "")
	case l.Value.Patience < g.AnswerWithin-time.Second:
		v.fault(fmt.Sprintf("%s: gives up after %s (seen in %d logins), and the settings say %s: later approvals are lost", g.Client,
			l.Value.Patience.Round(100*time.Millisecond), l.Value.RestsOn, g.AnswerWithin),
			fmt.Sprintf("set the gateway's own time-out to %s at least, or clients[].answer_within of %s to what it does", g.AnswerWithin, g.Client))
	case l.Value.LateShare > lateShare:
		v.warning(fmt.Sprintf("%s: %.0f %% of approvals come after it gave up", g.Client, 100*l.Value.LateShare), "set the gateway's own time-out higher")
	default:
		v.ok(fmt.Sprintf("%s: gives up after %s (seen in %d logins)", g.Client, l.Value.Patience.Round(100*time.Millisecond), l.Value.RestsOn))
	}
}
