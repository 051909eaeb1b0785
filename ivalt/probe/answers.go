package probe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ivalt-radius/ivalt/gateway"
)

func (w *walk) findApproval() found {
	if c, ok := w.approval(); ok {
		return found{answer: w.told(c), calls: []call{c}}
	}
	f := found{why: "nobody approved"}
	if c, ok := w.one(forApproval); ok {
		f.why, f.calls = "what was said last is no approval: "+answered(c), []call{c}
	}
	return f
}

func (w *walk) findEcho() found {
	c, ok := w.approval()
	if !ok {
		return found{why: "no approval was read"}
	}
	f := found{calls: []call{c}, answer: "no"}
	if c.echo == gateway.Approved {
		f.answer = "as one number"
		if details, ok := member(w.scrub.body(c.raw.Body), "data", "details").(map[string]any); ok && details["country_code"] != nil {
			f.answer = "as country_code and mobile"
		}
	}
	return f
}

// findTime looks for anything in an approval that looks like a time: debug.timestamp is that of the answer.
func (w *walk) findTime() found {
	c, ok := w.approval()
	if !ok {
		return found{why: "no approval was read"}
	}
	f := found{calls: []call{c}, answer: "no"}
	if names := namesOf(member(w.scrub.body(c.raw.Body), "data"), func(_ string, v any) bool {
		text, ok := v.(string)
		return ok && strings.HasPrefix(text, "string: time")
	}); len(names) > 0 {
		f.answer = strings.Join(names, ", ")
	}
	return f
}

// findRequestID looks for names of an id of the push, in its own answer and in an approval.
func (w *walk) findRequestID() found {
	sent, ok := w.one(forPush)
	if !ok {
		return found{why: "no push was sent"}
	}
	f := found{calls: []call{sent}, answer: "no"}
	if c, ok := w.approval(); ok {
		f.calls = append(f.calls, c)
	}
	var all []string
	for _, c := range f.calls {
		names := namesOf(w.scrub.body(c.raw.Body), func(name string, _ any) bool {
			name = strings.ReplaceAll(strings.ToLower(name), "_", "")
			return strings.Contains(name, "requestid") || strings.Contains(name, "transaction") || strings.Contains(name, "nonce")
		})
		for _, name := range names {
			all = append(all, string(c.place)+": "+name)
		}
	}
	if len(all) > 0 {
		f.answer = strings.Join(all, "; ")
	}
	return f
}

func (w *walk) findDenial() found {
	before, sent := w.one(forReset)
	c, ok := w.one(forDenial)
	switch {
	case !ok || !sent:
		return found{why: "nobody was asked to deny"}
	case waits(c) || alike(c, before):
		return found{answer: "not at all: it stays " + answered(c), calls: []call{c}}
	}
	return found{answer: w.told(c), calls: []call{c}}
}

func (w *walk) findExpiry() found {
	c, ok := w.one(forExpiry)
	if !ok {
		return found{why: "only --wait-expiry waits for it"}
	}
	if c.result.Class == gateway.Pending {
		return found{answer: "not at all: it stays " + answered(c), calls: []call{c}}
	}
	return found{answer: w.told(c), calls: []call{c}}
}

func (w *walk) findLimits() found {
	limits, reset, calls := w.limits()
	f := found{answer: "nothing", calls: calls[:min(len(calls), 1)]}
	if len(w.calls) == 0 {
		return found{why: "no call was made"}
	}
	if len(limits) > 0 {
		f.answer = fmt.Sprintf("limit %s, up to %d s to the reset", strings.Trim(fmt.Sprint(limits), "[]"), int(reset.Round(time.Second)/time.Second))
	}
	for _, c := range w.calls {
		if c.result.Class == gateway.Throttled {
			f.answer += fmt.Sprintf("; a 429 that asks for %d s", int(c.result.Pause/time.Second))
			f.calls = append(f.calls, c)
		}
	}
	return f
}

// findClock takes the answer that came fastest: half its time is as far as the finding can be wrong.
func (w *walk) findClock() found {
	var best call
	for _, c := range w.calls {
		took := c.raw.Came.Sub(c.raw.Left)
		if !c.result.Clock.IsZero() && (best.number == 0 || took < best.raw.Came.Sub(best.raw.Left)) {
			best = c
		}
	}
	if best.number == 0 {
		return found{why: "no answer says what time it is"}
	}
	middle := best.raw.Left.Add(best.raw.Came.Sub(best.raw.Left) / 2)
	skew := best.result.Clock.Sub(middle).Round(time.Second)
	answer := fmt.Sprintf("%d s ahead", int(skew/time.Second))
	if skew == 0 {
		answer = "less than 1 s"
	} else if skew < 0 {
		answer = fmt.Sprintf("%d s behind", int(-skew/time.Second))
	}
	return found{answer: answer, calls: []call{best}}
}

func (w *walk) findLabels() found {
	f := found{calls: w.of(forLabel)}
	var said []string
	for _, c := range f.calls {
		switch shown := w.seen.shown[c.label]; {
		case c.result.Class != gateway.Accepted:
			said = append(said, fmt.Sprintf("%d: refused (%s)", c.label, answered(c)))
		case shown == "":
			said = append(said, fmt.Sprintf("%d: taken", c.label))
		default:
			said = append(said, fmt.Sprintf("%d: taken, %s", c.label, shown))
		}
	}
	if f.answer = strings.Join(said, "; "); f.answer == "" {
		f.why = "no push with a long text was sent"
	}
	return f
}

// findFormats compares with the same question in E.164: a spelling that iVALT does not know may be told as pending too.
func (w *walk) findFormats() found {
	usual, asked := w.one(forIdle)
	for _, c := range w.of(forIdle) {
		if c.place == w.main {
			usual = c
		}
	}
	f := found{calls: slices.Concat(w.of(forDigits), w.of(forSpaces))}
	if !asked || len(f.calls) == 0 {
		return found{why: "no result was asked for"}
	}
	var said []string
	for _, c := range f.calls {
		word := "refused (" + answered(c) + ")"
		if alike(c, usual) {
			word = "answered as E.164 is"
		}
		said = append(said, string(c.purpose)+": "+word)
	}
	f.answer = strings.Join(said, "; ")
	return f
}

func (w *walk) findPolicy() found {
	for _, c := range w.calls {
		if policy(c) {
			return found{answer: w.told(c), calls: []call{c}}
		}
	}
	return found{why: "it needs a geofence or a time window that refuses this person; one person alone cannot have both"}
}

// member is the value at a path of a shape; nil where there is none.
func member(shape any, path ...string) any {
	for _, name := range path {
		o, ok := shape.(map[string]any)
		if !ok {
			return nil
		}
		shape = o[name]
	}
	return shape
}

// namesOf are the paths of a shape's members that are wanted, sorted.
func namesOf(shape any, wanted func(name string, v any) bool) []string {
	var names []string
	o, ok := shape.(map[string]any)
	if !ok {
		return nil
	}
	for name, v := range o {
		if wanted(name, v) {
			names = append(names, name)
		}
		for _, inner := range namesOf(v, wanted) {
			names = append(names, name+"."+inner)
		}
	}
	slices.Sort(names)
	return names
}
