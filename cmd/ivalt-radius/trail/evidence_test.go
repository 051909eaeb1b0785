package trail

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/forget"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
)

// site is a state directory whose trail has a segment with three people in the archive of its settings, and a signed live file.
type site struct {
	t              *testing.T
	config         string
	live, archived string
	key            checkpoint.Key
}

func newSite(t *testing.T) site {
	t.Helper()
	s := site{t: t, live: soundTrail(t)}
	dir := filepath.Dir(s.live)
	archive := filepath.Join(dir, "archive")
	ended := segment.Name(s.live, 1, 3)
	s.archived = filepath.Join(archive, filepath.Base(ended))
	content := s.read(s.live)
	last, err := chain.Parse([]byte(content[strings.LastIndex(content[:len(content)-1], "\n")+1 : len(content)-1]))
	if err := errors.Join(err, os.Mkdir(archive, 0o700), os.Rename(s.live, s.archived)); err != nil {
		t.Fatal(err)
	}
	if s.key, err = checkpoint.OpenOrMake(dir); err != nil {
		t.Fatal(err)
	}
	var lines []byte
	at, seq, prev := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), last.Seq, last.Hash
	add := func(e audit.Event) {
		seq++
		lines, prev = chain.AppendLine(lines, at, seq, e.EventType(), e.AppendFields(nil), prev)
	}
	add(audit.Segment{Event: "segment_started", File: filepath.Base(ended), First: 1, Last: 3, Hash: string(last.Hash[:])})
	covers := string(prev[:])
	add(audit.Checkpoint{Key: s.key.Public().Fingerprint(), Covers: 4, Hash: covers, Signature: s.key.Sign(4, covers)})
	head := checkpoint.Head{Key: s.key.Public().Fingerprint(), Seq: 5, Hash: string(prev[:]), Covers: 4, CoversHash: covers, Signature: s.key.Sign(4, covers), Time: at}
	s.write(s.live, string(lines))
	s.config = filepath.Join(dir, "config.yaml")
	text := config.Template(config.Sample{SharedSecretFile: "/nonexistent/a", APIKeyFile: "/nonexistent/b", StateDirectory: dir})
	s.write(s.config, string(text)+"\naudit: {archive: "+archive+"}\n")
	if err := checkpoint.WriteHead(dir, head); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s site) read(path string) string {
	s.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(content)
}

func (s site) write(path, content string) {
	s.t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// serve is a running server's control socket.
func (s site) serve(trail interface {
	forget.Trail
	Committer
},
) (stop context.CancelFunc) {
	s.t.Helper()
	working, stop := context.WithCancel(s.t.Context())
	mux := http.NewServeMux()
	Handle(mux, trail)
	HandleForget(working, mux, trail, func() config.Audit { return config.Audit{File: s.live, Archive: filepath.Dir(s.archived)} }, nil, nobody{})
	c, err := control.Listen(s.t.Context(), filepath.Dir(s.live), mux)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { stop(); c.Close(s.t.Context()) })
	return stop
}

// run runs `audit` as the program does.
func (s site) run(args ...string) (out string, code int) {
	s.t.Helper()
	out, err := commandtest.Run(s.t.Context(), NewCommand(s.config), args...)
	return out, exit.Code(err)
}

// must runs it, and wants the code and each of the words.
func (s site) must(code int, words []string, args ...string) string {
	s.t.Helper()
	out, got := s.run(args...)
	if got != code {
		s.t.Errorf("%v: exit %d, want %d: %s", args, got, code, out)
	}
	for _, word := range words {
		if !strings.Contains(out, word) {
			s.t.Errorf("%v: no %q in %s", args, word, out)
		}
	}
	return out
}

func TestVerifyOfTheSettingsTrail(t *testing.T) {
	s := newSite(t)
	pub := filepath.Join(t.TempDir(), "kept.pub")
	s.write(pub, s.read(filepath.Join(filepath.Dir(s.live), checkpoint.PublicFile)))
	s.must(exit.OK, []string{"signed by the key " + s.key.Public().Fingerprint() + " up to record 4", "sound, 5 records in 2 files", "lies beside the trail"}, "verify")
	if r, err := query.Parse([]byte(lastLine(s.read(s.live)))); err != nil || r.Type != "data_access" || r.Action != "verify" || r.Seq != 6 {
		t.Errorf("%v %+v", err, r)
	}
	if out := s.must(exit.OK, []string{"up to record 6", "sound, 7 records"}, "verify", "--key", pub); strings.Contains(out, "beside the trail") {
		t.Error(out)
	}
	var said struct {
		Sound    bool
		Records  int
		Findings []finding
		Notes    []string
	}
	out, _ := s.run("verify", "--format", "json", "--key", pub)
	if err := json.Unmarshal([]byte(out), &said); err != nil || !said.Sound || said.Records != 9 || len(said.Findings) != 0 || len(said.Notes) != 0 {
		t.Errorf("%v %s", err, out)
	}
	// A trail that is not sound is left as it is.
	cut := s.read(s.live)
	s.write(s.live, cut[:strings.Index(cut, "\n")+1])
	s.must(exit.Fault, []string{s.live + ": cut off: records 5 to 11 are missing at the end"}, "verify")
	if s.read(s.live) != cut[:strings.Index(cut, "\n")+1] {
		t.Error("the evidence is touched")
	}
	s.write(filepath.Join(filepath.Dir(s.live), checkpoint.HeadFile), "x")
	s.must(exit.Fault, []string{"audit.head holds no checkpoint"}, "verify", s.live, "--archive", filepath.Dir(s.archived))
	out, code := s.run("verify", s.live, "--format", "json")
	if err := json.Unmarshal([]byte(out[:strings.Index(out, "\n")]), &said); err != nil || said.Sound || code != exit.Fault || said.Findings[1].Record != 4 {
		t.Errorf("%v %s", err, out)
	}
}

// TestVerifyOfARunningServersTrail: the line that is being written is no finding, and the reading is recorded by the server.
func TestVerifyOfARunningServersTrail(t *testing.T) {
	s := newSite(t)
	torn := s.read(s.live) + `{"time":"`
	s.write(s.live, torn)
	s.must(exit.Fault, []string{"torn"}, "verify")
	heard := &hearing{}
	s.serve(heard)
	s.must(exit.OK, []string{"sound, "}, "verify")
	if heard.last.EventType() != audit.DataAccess || s.read(s.live) != torn {
		t.Errorf("%+v", heard.last)
	}
	heard.refuse = errors.New("the disk is full")
	s.must(exit.OK, []string{"sound, ", "warning:", "the disk is full"}, "verify")
}

// lastLine is a trail's last line but checkpoints.
func lastLine(text string) string {
	last := ""
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if !strings.Contains(line, `"event":"checkpoint"`) && !strings.Contains(line, `"event":"segment_started"`) {
			last = line
		}
	}
	return last
}

// ended is the content of the segments beside the live file: one at least.
func (s site) ended() (all string) {
	s.t.Helper()
	paths, err := filepath.Glob(s.live + ".*-*")
	if err != nil || len(paths) == 0 {
		s.t.Fatal(err, paths)
	}
	for _, path := range paths {
		all += s.read(path)
	}
	return all
}

func TestForgetOnFiles(t *testing.T) {
	s := newSite(t)
	before := s.read(s.archived)
	s.must(exit.OK, []string{"1 record in 1 file would be rewritten; nothing was changed", "Not reached: ", "blocks in force", "familiar places"}, "forget", "--user", "Bob")
	if s.read(s.archived) != before {
		t.Error("a look changes something")
	}
	s.must(exit.OK, []string{"1 record in 1 file rewritten, the person is now forgotten-"}, "forget", "--user", "Bob", "--yes")
	after := s.read(s.archived)
	if strings.Contains(after, "bob") || !strings.Contains(after, "alice") || !strings.Contains(after, forget.Prefix) {
		t.Error(after)
	}
	if all := s.ended(); !strings.Contains(all, `"action":"forget"`) || strings.Contains(all, "bob") {
		t.Error(all)
	}
	s.must(exit.OK, []string{"no record of this person"}, "forget", "--user", "bob", "--yes")
	s.must(exit.OK, []string{"1 line of people who were forgotten, as recorded"}, "verify")
	s.must(exit.Usage, []string{"--user"}, "forget", "--user", " ")
	s.must(exit.Usage, nil, "forget")
	s.must(exit.Fault, nil, "forget", "--user", "bob", "--config", s.live)
	s.write(s.archived+".gz", "no gzip")
	s.must(exit.Fault, []string{"cannot be read to its end", "the person may still stand there"}, "forget", "--user", "alice", "--yes")
	if err := os.Remove(s.live); err != nil {
		t.Fatal(err)
	}
	s.must(exit.Fault, nil, "forget", "--user", "alice", "--yes")
}

func TestForgetThroughTheServer(t *testing.T) {
	s := newSite(t)
	trail, err := audit.Open(s.live, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.serve(trail)
	s.must(exit.OK, []string{"1 record in 1 file rewritten"}, "forget", "--user", "Bob", "--yes")
	if err := trail.Close(); err != nil {
		t.Fatal(err)
	}
	if all := s.ended(); !strings.Contains(all, `"action":"forget","actor":"uid=`) || strings.Contains(s.read(s.archived), "bob") {
		t.Error(all)
	}
	s.must(exit.Fault, []string{"closed"}, "forget", "--user", "alice", "--yes")
}

// TestOnePersonAtATime: while somebody is being forgotten the server refuses another request, and one with no name.
func TestOnePersonAtATime(t *testing.T) {
	s := newSite(t)
	heard := &hearing{hold: make(chan struct{})}
	s.serve(heard)
	dir := filepath.Dir(s.live)
	var state forgetState
	if err := control.Call(t.Context(), dir, forgetPath, forgetRequest{"bob"}, &state); err != nil || !state.Running {
		t.Fatal(err, state)
	}
	s.must(exit.Fault, []string{"somebody is being forgotten right now"}, "forget", "--user", "alice", "--yes")
	if err := control.Call(t.Context(), dir, forgetPath, forgetRequest{" "}, &state); err == nil {
		t.Error("nobody is forgotten")
	}
	close(heard.hold)
	for state = (forgetState{Running: true}); state.Running; {
		if err := control.Call(t.Context(), dir, forgetStatePath, struct{}{}, &state); err != nil {
			t.Fatal(err)
		}
	}
	if state.Outcome.Lines != 1 || state.Error != "" {
		t.Errorf("%+v", state)
	}
}

// TestAServerThatStopsForgetsNoFurther: nothing is waited for that may take long.
func TestAServerThatStopsForgetsNoFurther(t *testing.T) {
	s := newSite(t)
	stop := s.serve(&hearing{hold: make(chan struct{})})
	var state forgetState
	if err := control.Call(t.Context(), filepath.Dir(s.live), forgetPath, forgetRequest{"bob"}, &state); err != nil || !state.Running {
		t.Fatal(err, state)
	}
	stop()
	for state.Running {
		state = forgetState{}
		if err := control.Call(t.Context(), filepath.Dir(s.live), forgetStatePath, struct{}{}, &state); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(state.Error, "canceled") || !strings.Contains(s.read(s.archived), "bob") {
		t.Errorf("%+v", state)
	}
}

// hearing is a trail that keeps the last event, or refuses it, and whose rotation may take its time.
type hearing struct {
	last   audit.Event
	refuse error
	hold   chan struct{} // nil: it does not
}

// Commit implements Committer.
func (h *hearing) Commit(_ context.Context, e audit.Event) error {
	h.last = e
	return h.refuse
}

// Rotate implements forget.Trail.
func (h *hearing) Rotate(ctx context.Context) error {
	if h.hold == nil {
		return nil
	}
	select {
	case <-h.hold:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// nobody are incidents that name nobody.
type nobody struct{}

// Forget implements Incidents.
func (nobody) Forget(string, string) (int, error) { return 0, nil }
