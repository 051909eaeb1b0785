package rehearsing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/ivalt"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is a server as rehearsals see it.
type scene struct {
	*Stage
	cloud   *ivalttest.Cloud // the iVALT of the settings
	refuses error            // of the trail

	mu        sync.Mutex
	events    []audit.Event
	admits    []auth.Stage
	ends      []auth.End
	approvals []bool // whether the Stage owns what iVALT's service tells of
	refused   map[auth.Stage]auth.Admission
}

// Commit implements auth.Recorder.
func (s *scene) Commit(_ context.Context, e audit.Event) error {
	if s.refuses != nil {
		return s.refuses
	}
	s.Note(e)
	return nil
}

// Note implements auth.Recorder: as the server's, which tells the Stage.
func (s *scene) Note(e audit.Event) {
	s.mu.Lock()
	s.events = append(s.events, e)
	s.mu.Unlock()
	s.See(e)
}

// Admit implements auth.Gate.
func (s *scene) Admit(_ auth.Visit, at auth.Stage) auth.Admission {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.admits = append(s.admits, at)
	if a, ok := s.refused[at]; ok {
		return a
	}
	return auth.Admission{Open: true}
}

// Ended implements auth.Gate.
func (s *scene) Ended(_ auth.Visit, e auth.End) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends = append(s.ends, e)
}

// only is a first factor with one password.
type only string

func (o only) Verify(_ context.Context, _ auth.Subject, req *auth.Request) (auth.Checked, error) {
	if req.Password.Reveal() != string(o) {
		return auth.Checked{}, auth.ErrBadPassword
	}
	return auth.Checked{}, nil
}

const key = "rehearsal-key-0123456789-0123456789"

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{refused: map[auth.Stage]auth.Admission{}}
	s.cloud = ivalttest.New(ivalttest.Options{APIKey: secret.New(key), Default: ivalttest.Step{Behaviour: ivalttest.Approve, After: 100 * time.Millisecond}})
	api := httptest.NewServer(s.cloud)
	t.Cleanup(api.Close)
	settings := ivalt.Settings{
		API:             gateway.Settings{URL: api.URL, APIKey: secret.New(key)},
		ApprovalTimeout: 3 * time.Second, RequestFrom: "VPN",
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	phone, faults := ivalt.New(settings, ivalt.Deps{Recorder: s, Log: log, Approved: func(a standing.Approval) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.approvals = append(s.approvals, s.Owns(a.Attempt))
	}})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phone.Close)
	rules, faults := policy.New(policy.Settings{Default: "require_push", Rules: []policy.RuleSettings{
		{Name: "no-service", Decision: "deny", Match: policy.MatchSettings{Users: []string{"svc-*"}}},
		{Name: "staff", Decision: "require_push", Match: policy.MatchSettings{Users: []string{"alice"}}, Reply: []policy.Attribute{{Name: "Class", Value: "staff"}}},
	}}, policy.Known{Canonical: func(name string) (string, error) { return name, nil }, Now: time.Now()})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	client := auth.Client{Name: "vpn", AnswerWithin: 6 * time.Second, Factor: policy.FileFactor, Prompts: auth.ConfirmPhone, Rules: &auth.Rules{
		Policy: rules, MaxAttempts: 10, Primaries: map[policy.Factor]auth.Primary{policy.FileFactor: only("open sesame")},
		Directory: auth.DirectoryFunc(func(_ context.Context, u auth.Username) (auth.Person, error) {
			return auth.Person{Email: secret.New(u.Local() + "@example.com")}, nil
		}),
	}}
	s.Stage = New(Deps{
		Client: func(name string) (auth.Client, bool) { return client, name == "vpn" },
		Phone:  phone, IVALT: func() ivalt.Settings { return settings }, Gate: s, Recorder: s, Log: log, Now: time.Now,
	})
	t.Cleanup(s.Close)
	return s
}

// sound is a rehearsal that is let in.
func sound(cloud view.Cloud) view.Rehearsal {
	return view.Rehearsal{Cloud: cloud, User: "Alice", Client: "vpn", CallingStation: "192.0.2.7", Password: "open sesame", Reason: "first try"}
}

// over begins a rehearsal and waits until it is over.
func (s *scene) over(t *testing.T, in view.Rehearsal) view.Rehearsed {
	t.Helper()
	out, err := s.Begin(t.Context(), "account=eve address=127.0.0.1", in)
	if err != nil {
		t.Fatal(err)
	}
	s.work.Wait()
	if out, err = s.Show(out.ID); err != nil || !out.Over {
		t.Fatalf("%v, %+v", err, out)
	}
	return out
}

func steps(r view.Rehearsed) (all string) {
	for _, step := range r.Steps {
		all += fmt.Sprintf("%s: %s (%t)\n", step.Name, step.Text, step.OK)
	}
	return all
}

// TestRehearsals: each ends as a login would, and its steps say why.
func TestRehearsals(t *testing.T) {
	for name, c := range map[string]struct {
		change          func(*view.Rehearsal)
		verdict, reason string
		says            []string
	}{
		"approved":       {nil, "accept", "approved", []string{"asked: alice asks to come in through vpn, from 192.0.2.7", "allowed: policy", "push: HTTP 200: accepted (true)", "poll: HTTP 200: approved (true)", `decided: policy says require_push, by rule "staff"`, "concluded: accept, approved"}},
		"denied":         {func(r *view.Rehearsal) { r.Answer = "deny" }, "reject", "push_denied", []string{"say no", "concluded: reject, push_denied"}},
		"outside":        {func(r *view.Rehearsal) { r.Answer = "geofence" }, "reject", "geofence", []string{"outside the geofence"}},
		"not enrolled":   {func(r *view.Rehearsal) { r.Answer = "unknown_user" }, "reject", "unknown_user", []string{"not be known"}},
		"nobody answers": {func(r *view.Rehearsal) { r.Answer = "silent" }, "reject", "push_timeout", []string{"not touch the phone"}},
		"wrong password": {func(r *view.Rehearsal) { r.Password = "x" }, "reject", "bad_password", []string{"concluded: reject, bad_password: password refused (false)"}},
		"denied by rule": {func(r *view.Rehearsal) { r.User, r.CallingStation = "svc-x", "" }, "reject", "policy_denied", []string{"an unknown address", `by rule "no-service" (false)`}},
		"the real phone": {func(r *view.Rehearsal) { r.Cloud = view.Configured }, "accept", "approved", []string{"push: HTTP 200: accepted (true)", "poll: HTTP 200: approved (true)", "concluded: accept"}},
		"no calling":     {func(r *view.Rehearsal) { r.CallingStation = "" }, "accept", "approved", []string{"an unknown address"}},
		"timezone":       {func(r *view.Rehearsal) { r.Answer = "timezone" }, "reject", "timezone", []string{"outside the time window"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			in := sound(view.Simulator)
			if c.change != nil {
				c.change(&in)
			}
			out := s.over(t, in)
			if out.Verdict != c.verdict || out.Reason != c.reason {
				t.Errorf("%s, %s\n%s", out.Verdict, out.Reason, steps(out))
			}
			for _, text := range c.says {
				if !strings.Contains(steps(out), text) {
					t.Errorf("no %q in\n%s", text, steps(out))
				}
			}
			if let := c.verdict == "accept"; let != slices.Contains(out.Reply, view.Row{Name: "Class", Text: "staff"}) {
				t.Errorf("reply %v", out.Reply)
			}
			s.evidence(t, in, c.verdict)
		})
	}
}

// evidence looks for what stands in the trail: who tried what, how it ended, and no login.
func (s *scene) evidence(t *testing.T, in view.Rehearsal, verdict string) {
	t.Helper()
	var actions []string
	for _, e := range s.events {
		switch e := e.(type) {
		case audit.Attempt:
			t.Errorf("a login stands in the trail: %+v", e)
		case audit.Action:
			actions = append(actions, e.Action)
			if e.Actor != "account=eve address=127.0.0.1" || e.Target == "" || e.Action == "rehearsed" && !strings.Contains(e.Detail, verdict) {
				t.Errorf("%+v", e)
			}
		}
	}
	if !slices.Equal(actions, []string{"rehearse", "rehearsed"}) {
		t.Errorf("actions %q", actions)
	}
	all, _ := json.Marshal(s.events)
	if bytes.Contains(all, []byte("sesame")) || s.kept[0].in.Password != "" {
		t.Error("the password is kept")
	}
	if n := len(s.cloud.PushLog(10)); (n == 1) != (in.Cloud == view.Configured) {
		t.Errorf("%d pushes to the iVALT of the settings", n)
	}
}

// TestTheGate: it is asked and told as of a login; of a phone that does not ring it is neither asked nor told.
func TestTheGate(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.over(t, sound(view.Configured))
	if !slices.Contains(s.admits, auth.Ringing) || len(s.ends) != 1 || !s.ends[0].Pushed || s.ends[0].Reason == auth.ApprovedByPerson {
		t.Errorf("asked %v, told %+v", s.admits, s.ends)
	}
	s.admits, s.ends = nil, nil
	s.over(t, sound(view.Simulator))
	if slices.Contains(s.admits, auth.Ringing) || !slices.Contains(s.admits, auth.Arriving) || len(s.ends) != 1 || s.ends[0].Pushed {
		t.Errorf("asked %v, told %+v", s.admits, s.ends)
	}
	s.ends = nil
	in := sound(view.Simulator)
	in.Password = "guess"
	s.over(t, in)
	if len(s.ends) != 1 || !s.ends[0].Guess {
		t.Errorf("a guess is told as %+v", s.ends)
	}
	s.refused[auth.Arriving] = auth.Admission{Reason: auth.LockedOut}
	if out := s.over(t, sound(view.Simulator)); out.Reason != "locked_out" {
		t.Errorf("locked out ends as %s", out.Reason)
	}
	delete(s.refused, auth.Arriving)
	s.refused[auth.Ringing] = auth.Admission{Reason: auth.RateLimited}
	if out := s.over(t, sound(view.Configured)); out.Reason != "rate_limited" {
		t.Errorf("too many pushes end as %s", out.Reason)
	}
}

// TestApprovalsAreOwned: whoever counts approvals can tell that of a rehearsal.
func TestApprovalsAreOwned(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.over(t, sound(view.Configured))
	if !slices.Equal(s.approvals, []bool{true}) || s.Owns("") || s.Owns("another") || (*Stage)(nil).Owns("a") {
		t.Errorf("owned: %v", s.approvals)
	}
}

// TestRefusals: what makes no sense is refused in words, before there is evidence of anything.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for name, change := range map[string]func(*view.Rehearsal){
		"user:": func(r *view.Rehearsal) { r.User = "" }, "user: ": func(r *view.Rehearsal) { r.User = strings.Repeat("a", 300) },
		"client:": func(r *view.Rehearsal) { r.Client = "x" }, "calling_station:": func(r *view.Rehearsal) { r.CallingStation = "home" },
		"calling_station: ": func(r *view.Rehearsal) { r.CallingStation = "fe80::1%eth0" }, "reason:": func(r *view.Rehearsal) { r.Reason = " " },
		"cloud:": func(r *view.Rehearsal) { r.Cloud = "" }, "answer:": func(r *view.Rehearsal) { r.Answer = "maybe" },
		"answer: a real phone": func(r *view.Rehearsal) { r.Cloud, r.Answer = view.Configured, "approve" },
	} {
		in := sound(view.Simulator)
		change(&in)
		_, err := s.Begin(t.Context(), "a", in)
		refusal, ok := errors.AsType[view.Refusal](err)
		if !ok || refusal.Kind != view.Invalid || !strings.HasPrefix(refusal.Words, strings.TrimSpace(name)) {
			t.Errorf("%s %v", name, err)
		}
	}
	s.refuses = errors.New("the disk is full")
	_, err := s.Begin(t.Context(), "a", sound(view.Simulator))
	if refusal, ok := errors.AsType[view.Refusal](err); !ok || refusal.Kind != view.Unavailable || len(s.kept) != 0 {
		t.Errorf("without evidence: %v, %d kept", err, len(s.kept))
	}
	s.refuses = nil
	s.over(t, sound(view.Simulator)) // a refusal leaves room for the next one
	if _, err := s.Show("x"); err == nil {
		t.Error("a rehearsal that is not there is shown")
	}
}

// breaks is a gate with a defect.
type breaks struct{ *scene }

// Admit implements auth.Gate.
func (breaks) Admit(auth.Visit, auth.Stage) auth.Admission { panic("boom") }

// TestAPanic ends the one rehearsal, and not the process; another may follow.
func TestAPanic(t *testing.T) {
	s := newScene(t)
	s.deps.Gate = breaks{s}
	for range 2 {
		out := s.over(t, sound(view.Simulator))
		if text := steps(out); out.Verdict != "reject" || !strings.Contains(text, "a defect of ivalt-radius") || strings.Contains(text, "boom") {
			t.Errorf("%s\n%s", out.Verdict, text)
		}
	}
}

// TestOneAtATime: a second one is refused while one runs, the oldest ones are dropped, and a server that stops ends what runs.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for range mostKept + 1 {
		in := sound(view.Simulator)
		in.Password = "wrong"
		s.over(t, in)
	}
	if len(s.kept) != mostKept {
		t.Errorf("%d kept", len(s.kept))
	}
	in := sound(view.Simulator)
	in.Answer = "silent"
	begun, err := s.Begin(t.Context(), "a", in)
	if err != nil || begun.Over {
		t.Fatalf("%v, %+v", err, begun)
	}
	_, err = s.Begin(t.Context(), "a", in)
	if refusal, ok := errors.AsType[view.Refusal](err); !ok || refusal.Kind != view.Conflicting {
		t.Errorf("a second one: %v", err)
	}
	s.Close()
	out, err := s.Show(begun.ID)
	if err != nil || !out.Over || out.Verdict != "reject" || !strings.Contains(steps(out), "stopping") {
		t.Errorf("%v, %s\n%s", err, out.Reason, steps(out))
	}
	_, err = s.Begin(t.Context(), "a", sound(view.Simulator))
	if refusal, ok := errors.AsType[view.Refusal](err); !ok || refusal.Kind != view.Unavailable {
		t.Errorf("behind the end: %v", err)
	}
}

// TestSocket: both commands answer over the control socket.
func TestSocket(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	mux := http.NewServeMux()
	s.Handle(mux)
	var begun, shown view.Rehearsed
	if err := control.Within(t.Context(), mux, "uid=0 pid=1", view.PathRehearse, sound(view.Simulator), &begun); err != nil {
		t.Fatal(err)
	}
	s.work.Wait()
	if err := control.Within(t.Context(), mux, "x", view.PathRehearsed, view.Named{ID: begun.ID}, &shown); err != nil || shown.Verdict != "accept" {
		t.Errorf("%v, %+v", err, shown)
	}
	if err := control.Within(t.Context(), mux, "x", view.PathRehearsed, view.Named{ID: "y"}, &shown); !errors.As(err, &view.Refusal{}) {
		t.Errorf("%v", err)
	}
	for _, path := range []string{view.PathRehearse, view.PathRehearsed} {
		if err := control.Within(t.Context(), mux, "x", path, []int{1}, &shown); err == nil {
			t.Errorf("%s takes a list", path)
		}
	}
}

// TestNobody: a nil Stage is none.
func TestNobody(*testing.T) {
	var s *Stage
	s.See(audit.System{})
	s.Close()
}
