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
	hurried  bool          // few callers, one phone, short waits: what happens between two attempts of one login
	checked  bool          // there is a first factor
	people   []somebody
	phones   []ivalttest.Person
	settings settings // that the server starts with
	deeds    []deed
}

// somebody is a login name. Several may have one phone.
type somebody struct {
	name   string
	phone  int  // -1: a stranger, whom iVALT does not know
	listed bool // the directory knows the mobile
	barred bool // by policy
}

// settings are what a reload may change.
type settings struct {
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

// caller is who logs in, from where, with what: what makes two logins the same.
type caller struct {
	person   int
	client   string
	station  string // empty: the NAS names none
	password string
}

// act is what happens.
type act uint8

const (
	logsIn   act = iota
	retries      // an earlier exchange, with a new identifier
	reuses       // the identifier of an exchange that may wait
	approves     // by hand, the newest push of a phone
	approvesOld
	refuses
	breaks // a fault begins
	mends  // all faults end
	reloads
	restarts
	waits
)

func (a act) String() string {
	return [...]string{"logs in", "retries", "reuses", "approves", "approves an old push", "refuses", "breaks", "mends", "reloads", "restarts", "waits"}[a]
}

// deed is one thing that happens, some time after the one before.
type deed struct {
	after    time.Duration
	does     act
	who      caller
	pick     int // of the exchanges, phones or pushes
	fault    ivalttest.Fault
	settings settings
}

func (d deed) String() string {
	s := fmt.Sprintf("+%v %s", d.after, d.does)
	switch d.does { //nolint:exhaustive // the others have nothing of their own
	case logsIn, reuses:
		s += fmt.Sprintf(" %+v pick %d", d.who, d.pick)
	case breaks:
		s += fmt.Sprintf(" %+v", d.fault)
	case reloads:
		s += fmt.Sprintf(" %+v", d.settings)
	default:
		s += fmt.Sprintf(" %d", d.pick)
	}
	return s
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
		checked:  mostly(t, "first factor"), disk: oneOf(t, "disk", seconds(0, 0.01, 1.5)...), hurried: oneOf(t, "hurried", false, true),
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
	if w.hurried {
		w.patience, w.checked, w.settings.credit, phones = 12*time.Second, true, 30*time.Second, 1
	}
	for i := range oneOf(t, "people", 2, 3, 4) {
		w.people = append(w.people, somebody{
			name: string(rune('a'+i)) + "da", phone: oneOf(t, "phone", 0, phones-1), listed: oneOf(t, "listed", true, false), barred: !mostly(t, "welcome") && i > 0,
		})
	}
	w.people = append(w.people, somebody{name: "eve", phone: -1})
	for i := range phones {
		w.phones = append(w.phones, w.drawPhone(t, i))
	}
	for range rapid.IntRange(2, 24).Draw(t, "deeds") {
		w.deeds = append(w.deeds, w.drawDeed(t))
	}
	return w
}

func (w *world) drawSettings(t *rapid.T) settings {
	known := ivalt.ResultConsumed
	if w.cloud.Sticky {
		known = ivalt.ResultSticky
	}
	return settings{
		sentinel:  oneOf(t, "sentinel", ivalt.SentinelAlways, ivalt.SentinelAuto, ivalt.SentinelAuto),
		result:    oneOf(t, "result", ivalt.ResultUnknown, known),
		collision: oneOf(t, "collision", ivalt.DenyBoth, ivalt.KeepFirst),
		approval:  oneOf(t, "approval", seconds(10, 30, 60)...),
		credit:    oneOf(t, "credit", seconds(30, 30, 0)...), insecure: oneOf(t, "insecure credit", seconds(0, 0, 30)...),
	}
}

// mobileOf is the number of the n-th phone.
func mobileOf(n int) string { return fmt.Sprintf("+4915112345%02d", n) }

func (s somebody) email() string { return s.name + "@example.com" }

// drawPhone makes the person behind the n-th phone, what they do with the next pushes, and after that.
func (w *world) drawPhone(t *rapid.T, n int) ivalttest.Person {
	p := ivalttest.Person{Mobile: mobileOf(n), Name: "Ada"}
	for _, s := range w.people {
		if s.phone == n {
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

func (w *world) drawDeed(t *rapid.T) deed {
	d := deed{
		after: oneOf(t, "after", seconds(0, 0, 0.05, 0.3, 1, 2, 5, 9, 12, 20, 35, 70, 200, 400)...),
		does: oneOf(t, "does", logsIn, logsIn, logsIn, logsIn, logsIn, logsIn, retries, retries, retries, retries, reuses, approves, approves, approvesOld,
			refuses, breaks, breaks, mends, reloads, restarts, waits),
		pick: rapid.IntRange(0, 5).Draw(t, "pick"),
	}
	if w.hurried {
		d.after = oneOf(t, "hurries", seconds(0, 0.02, 0.5, 3, 6, 12, 18)...)
	}
	switch d.does {
	case logsIn, reuses:
		d.who = caller{
			person: oneOf(t, "person", 0, 0, 0, rapid.IntRange(0, len(w.people)-1).Draw(t, "other person")),
			client: oneOf(t, "client", "vpn", "vpn", "vpn", "wifi"), station: oneOf(t, "station", "203.0.113.9", "203.0.113.9", "203.0.113.9", "198.51.100.66", ""),
			password: oneOf(t, "password", "right", "right", "right", "right", "wrong"),
		}
		if w.hurried {
			d.who = caller{person: 0, client: "vpn", station: oneOf(t, "hurried station", "203.0.113.9", "203.0.113.9", "198.51.100.66"), password: "right"}
		}
	case breaks:
		d.fault = w.drawFault(t)
	case reloads:
		d.settings = w.drawSettings(t)
		d.settings.limits = w.settings.limits
	case retries, approves, approvesOld, refuses, mends, restarts, waits:
	}
	return d
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
		fmt.Sprintf("way %v, patience %v, first factor %v, settings %+v", w.way, w.patience, w.checked, w.settings),
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
