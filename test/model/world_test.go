package model

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/ivalt"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/answers"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/ivalt/ivalttest/plan"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

// world is everything that is drawn before the first login: a world is played the same way each time.
type world struct {
	cloud    ivalttest.Options
	way      time.Duration
	patience time.Duration // how long a NAS waits
	disk     time.Duration // how long a record takes to be durable
	kind     kind
	checked  bool // there is a first factor
	people   []somebody
	phones   []ivalttest.Person
	settings settings // that the server starts with
	deeds    []deed
}

// kind is what a world is mostly about.
type kind uint8

const (
	wild        kind = iota
	hurried          // few callers, one phone, short waits: what happens between two attempts of one login
	questioning      // the NAS puts questions, and people have several phones
	remembering      // the same few logins again and again, and outages in between
)

// settings are what a reload may change.
type settings struct {
	memory

	sentinel, result, collision string
	approval                    time.Duration
	credit, insecure            time.Duration
	limits                      state.Limits
}

func (s settings) ivalt() ivalt.Settings {
	return ivalt.Settings{
		API:             gateway.Settings{URL: "https://api.ivalt.com", APIKey: secret.New("0123456789abcdefghijABCDEFGHIJ_-KEY")},
		ApprovalTimeout: s.approval, Sentinel: s.sentinel, Result: s.result, OnCollision: s.collision, Limits: s.limits,
		RequestFrom: "{number}", // which attempt a push is for: see house.Begin
	}
}

// oneOf is one of few, all as likely.
func oneOf[T any](t *rapid.T, name string, all ...T) T { return rapid.SampledFrom(all).Draw(t, name) }

func seconds(all ...float64) []time.Duration {
	var out []time.Duration
	for _, s := range all {
		out = append(out, time.Duration(s*float64(time.Second)))
	}
	return out
}

// mostly is true in four of five cases.
func mostly(t *rapid.T, name string) bool { return oneOf(t, name, true, true, true, true, false) }

func drawWorld(t *rapid.T) world {
	w := world{
		way:      oneOf(t, "way", seconds(0.01, 0.15, 0.4)...),
		patience: oneOf(t, "patience", seconds(12, 20, 60)...),
		checked:  mostly(t, "first factor"), disk: oneOf(t, "disk", seconds(0, 0.01, 1.5)...), kind: oneOf(t, "kind", wild, hurried, questioning, remembering),
	}
	w.cloud = ivalttest.Options{
		Sticky: oneOf(t, "sticky", false, true), KeepResults: oneOf(t, "keeps results", false, true),
		Pending: oneOf(t, "pending", ivalttest.PendingCaptured, ivalttest.Pending404, ivalttest.Pending422, ivalttest.Pending400),
		Denial:  oneOf(t, "denial", habit.Denial401, habit.Denial403), Expiry: oneOf(t, "expiry", habit.ExpiryPending, habit.Expiry403),
		PushStatus: oneOf(t, "push status", 200, 201, 202), RequestIDs: !mostly(t, "no request ids"),
		RateHeaders: oneOf(t, "rate headers", habit.HeadersMinute, habit.HeadersHour, habit.HeadersNone), CountPeaks: true,
	}
	w.settings = w.drawSettings(t)
	if oneOf(t, "limited", false, false, true) {
		w.settings.limits = state.Limits{PerSecond: 3, PerMinute: 30, PerHour: 200}
		w.cloud.Limits = plan.Limits{PerSecond: 3, PerMinute: 30, PerHour: 200}
	}
	phones := oneOf(t, "phones", 1, 1, 2)
	if w.kind == hurried {
		w.patience, w.checked, w.settings.credit, phones = 12*time.Second, true, 30*time.Second, 1
	}
	if w.kind == questioning {
		phones = 3
	}
	for i := range oneOf(t, "people", 2, 3, 4) {
		w.people = append(w.people, w.drawSomebody(t, i, phones))
	}
	w.people = append(w.people, somebody{name: "eve"})
	for i := range phones {
		w.phones = append(w.phones, w.drawPhone(t, i))
	}
	for range rapid.IntRange(2, 24).Draw(t, "deeds") {
		w.deeds = append(w.deeds, w.drawDeeds(t)...)
	}
	return w
}

func (w *world) drawSettings(t *rapid.T) settings {
	known := ivalt.ResultConsumed
	if w.cloud.Sticky {
		known = ivalt.ResultSticky
	}
	return settings{
		memory:    w.drawMemory(t),
		sentinel:  oneOf(t, "sentinel", ivalt.SentinelAlways, ivalt.SentinelAuto, ivalt.SentinelAuto),
		result:    oneOf(t, "result", ivalt.ResultUnknown, known),
		collision: oneOf(t, "collision", ivalt.DenyBoth, ivalt.KeepFirst),
		approval:  oneOf(t, "approval", seconds(10, 30, 60)...),
		credit:    oneOf(t, "credit", seconds(30, 30, 0)...), insecure: oneOf(t, "insecure credit", seconds(0, 0, 30)...),
	}
}

// mobileOf is the number of the n-th phone.
func mobileOf(n int) string { return fmt.Sprintf("+4915112345%02d", n) }

// drawPhone makes the person behind the n-th phone, what they do with the next pushes, and after that.
func (w *world) drawPhone(t *rapid.T, n int) ivalttest.Person {
	p := ivalttest.Person{Mobile: mobileOf(n), Name: "Ada"}
	for _, s := range w.people {
		if len(s.phones) > 0 && s.phones[0] == n {
			p.Also = append(p.Also, s.email())
		}
	}
	for range rapid.IntRange(0, 6).Draw(t, "reactions") {
		p.Next = append(p.Next, drawStep(t))
	}
	last := drawStep(t)
	p.Behaviour, p.After = last.Behaviour, last.After
	return p
}

func drawStep(t *rapid.T) ivalttest.Step {
	return ivalttest.Step{
		Behaviour: oneOf(t, "behaviour", ivalttest.Approve, ivalttest.Approve, ivalttest.Approve, ivalttest.Late, ivalttest.Late, ivalttest.Manual,
			ivalttest.Deny, ivalttest.DenySilent, ivalttest.Ignore, ivalttest.Geofence, ivalttest.Timezone),
		After: oneOf(t, "reacts after", seconds(0, 1, 4, 7, 11, 16, 25, 40, 65, 80, 200, 280)...),
	}
}

// faults are what may be injected.
func faults() (all []ivalttest.Fault) {
	left := []ivalttest.FaultKind{
		answers.StaleApproval,                                                           // iVALT itself says "approved",
		answers.StatusNull, answers.StatusFalse, answers.StatusMissing, answers.Expired, // or that nobody has answered, while it holds an answer
		answers.HugeBody, answers.HugeTail, answers.GzipBomb, answers.DeepNesting, // only cost time here
	}
	for _, f := range ivalttest.Hostile() {
		if !slices.Contains(left, f.Fault.Kind) {
			all = append(all, f.Fault)
		}
	}
	return all
}

// inDoubt reports an answer that does not refuse the push: the phone may ring. One that iVALT refuses in so many words does not.
func inDoubt(k ivalttest.FaultKind) bool {
	return slices.Contains([]ivalttest.FaultKind{
		answers.Closed, answers.ClosedHalfway, answers.Stall, answers.StallBody, answers.ServerError, answers.BadGateway, answers.Unavailable,
		answers.GatewayTimeout, answers.HTML200, answers.TruncatedJSON, answers.TwoDocuments, answers.EmptyBody,
	}, k)
}

func (w *world) drawFault(t *rapid.T) ivalttest.Fault {
	if w.kind == remembering && mostly(t, "an outage") {
		return ivalttest.Fault{
			Kind: oneOf(t, "outage", answers.Closed, answers.Unavailable, answers.ServerError), Requests: oneOf(t, "calls of it", 0, 0, 3),
			Endpoint: oneOf(t, "of", ivalttest.AnyEndpoint, ivalttest.PushEndpoint, ivalttest.ResultEndpoint),
		}
	}
	f := oneOf(t, "fault", faults()...)
	f.Requests = oneOf(t, "calls", 1, 2, 4, 0)
	f.Delivered = oneOf(t, "delivered", false, true) && (f.Endpoint != ivalttest.PushEndpoint || inDoubt(f.Kind))
	if w.settings.limits == (state.Limits{}) && !mostly(t, "not slow") {
		f = ivalttest.Fault{Kind: ivalttest.Slow, Endpoint: oneOf(t, "endpoint", ivalttest.PushEndpoint, ivalttest.ResultEndpoint), Delay: oneOf(t, "delay", seconds(1, 3, 8)...), Requests: f.Requests}
	}
	return f
}

// lines are the world in words.
func (w *world) lines() []string {
	all := []string{
		fmt.Sprintf("kind %d, way %v, patience %v, disk %v, first factor %v, settings %+v", w.kind, w.way, w.patience, w.disk, w.checked, w.settings),
		fmt.Sprintf("sticky %v, keeps %v, ids %v, expiry %v", w.cloud.Sticky, w.cloud.KeepResults, w.cloud.RequestIDs, w.cloud.Expiry),
		fmt.Sprintf("people %+v", w.people),
	}
	for _, p := range w.phones {
		all = append(all, fmt.Sprintf("phone %s: %+v, then %s after %v", p.Mobile, p.Next, p.Behaviour, p.After))
	}
	for _, d := range w.deeds {
		all = append(all, d.String())
	}
	return all
}
