package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ivalt-radius/guard"
)

// TestOneIncidentForOneThing: alerts of a rule and subject grow one incident; another rule or subject has its own.
func TestOneIncidentForOneThing(t *testing.T) {
	k := newKit(t)
	for count := 5; count <= 8; count++ {
		k.at = k.at.Add(time.Second)
		k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, count))
	}
	i := k.only(t)
	if i.Count != 8 || len(i.Evidence) != 4 || !i.First.Equal(start().Add(time.Second-time.Minute)) || !i.Last.Equal(k.at) || i.State != Opened || len(i.History) != 1 {
		t.Errorf("%+v", i)
	}
	if !regexp.MustCompile(`^20261126-[0-9a-z]{4}$`).MatchString(i.ID) {
		t.Error(i.ID)
	}
	k.at = k.at.Add(time.Hour) // another window
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	if i := k.only(t); i.Count != 13 {
		t.Errorf("it counts %d", i.Count)
	}
	k.Take(k.alert(guard.BruteForce, user("bob"), guard.Medium, 5))
	k.Take(k.alert(guard.PushBombing, user("alice"), guard.Medium, 5))
	k.Take(k.alert(guard.BruteForce, address("192.0.2.7"), guard.Medium, 5))
	k.Take(k.alert(guard.BruteForce, address("::ffff:192.0.2.7"), guard.Medium, 6))
	k.Take(guard.Alert{})
	if n := len(k.List()); n != 4 {
		t.Errorf("%d incidents", n)
	}
	if all := k.Unclosed(); len(all) != 4 || all[0].Evidence != nil || all[0].History != nil || all[0].ID == "" {
		t.Errorf("not closed: %+v", all)
	}
	if said := k.said.about(`"event":"incident_opened"`); len(said) != 4 || !strings.Contains(said[0], `"user":"alice"`) || !strings.Contains(said[3], `"calling_station":"192.0.2.7"`) {
		t.Errorf("said: %s", said)
	}
}

func TestEscalation(t *testing.T) {
	k := newKit(t)
	for _, x := range []struct {
		severity guard.Severity
		asked    int
		is       guard.Severity
	}{{guard.Medium, 1, guard.Medium}, {guard.Medium, 1, guard.Medium}, {guard.High, 2, guard.High}, {guard.Low, 2, guard.High}, {guard.Critical, 3, guard.Critical}} {
		k.Take(k.alert(guard.BruteForce, user("alice"), x.severity, 5))
		if was := k.onDisk(t, k.only(t).ID); was.Severity != x.is {
			t.Errorf("on disk it is %s, not %s", was.Severity, x.is)
		}
		k.respond()
		if i := k.only(t); i.Severity != x.is || len(k.answers.asked) != x.asked || !i.Answered {
			t.Errorf("%s: it is %s, and was answered %d times", x.severity, i.Severity, len(k.answers.asked))
		}
	}
	if got := fmt.Sprint(k.answers.asked); got != "[opened medium escalated high escalated critical]" {
		t.Error(got)
	}
	if said := k.said.about(`"event":"incident_escalated"`); len(said) != 2 {
		t.Errorf("said: %s", said)
	}
	if i := k.onDisk(t, k.only(t).ID); len(i.Actions) != 3 || len(i.History) != 3 || i.History[2].What != "escalated" {
		t.Errorf("%+v", i)
	}
}

// TestEvidenceIsBounded: the first lines stay, and the newest ones; what is no record is left out.
func TestEvidenceIsBounded(t *testing.T) {
	k := newKit(t)
	for n := range 300 {
		k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, n+1))
	}
	i := k.only(t)
	if len(i.Evidence) != 100 || i.LeftOut != 200 || !strings.Contains(string(i.Evidence[19].Record), `"n 20"`) ||
		!strings.Contains(string(i.Evidence[20].Record), `"n 221"`) || !strings.Contains(string(i.Evidence[99].Record), `"n 300"`) {
		t.Errorf("%d lines, %d left out, %s", len(i.Evidence), i.LeftOut, i.Evidence[20].Record)
	}
	long := guard.Line{Time: k.at, Record: json.RawMessage(`{"a":"` + strings.Repeat("x", mostRecord-8) + `"}`)}
	for range 100 {
		i.witness([]guard.Line{long})
	}
	octets := 0
	for _, line := range i.Evidence {
		octets += len(line.Record)
	}
	if octets > mostLines || len(i.Evidence) < firstLines {
		t.Errorf("%d octets in %d lines", octets, len(i.Evidence))
	}
	before := len(i.Evidence)
	for _, record := range []string{"", "{", "[]", `"text"`, "{\"a\":\"\u009b\"}", `{"a":"` + strings.Repeat("x", mostRecord) + `"}`} {
		i.witness([]guard.Line{{Record: json.RawMessage(record)}})
	}
	if len(i.Evidence) != before {
		t.Error("what is no record was taken")
	}
	for range 300 {
		i.act(Action{Step: "notify"})
		i.change(Change{What: "escalated"})
	}
	if len(i.Actions) != mostActions || len(i.History) != mostChanges || i.History[0].What != "opened" {
		t.Errorf("%d actions, %d changes", len(i.Actions), len(i.History))
	}
}

// TestFloodIsFolded: many subjects are counted in one incident, and leave room for other rules.
func TestFloodIsFolded(t *testing.T) {
	k := newKit(t)
	flood := func(rule guard.Rule, n int) {
		for i := range n {
			k.Take(k.alert(rule, user(fmt.Sprint("u", i)), guard.Medium, 5))
		}
	}
	const there = mostOpen - 20
	k.count[guard.BruteForce] = there // which spares the disk
	flood(guard.BruteForce, 20+30)
	count := func(rule guard.Rule) (n int, folded Incident) {
		for _, i := range k.List() {
			if i.Rule == rule {
				n++
			}
			if i.Rule == rule && i.Folded > 0 {
				folded = i
			}
		}
		return n, folded
	}
	if n, folded := count(guard.BruteForce); n != 20+1 || folded.Folded != 30 || folded.Count != 30 || folded.Subject != (guard.Subject{}) || !strings.Contains(folded.Detail, "close") {
		t.Errorf("%d, %+v", n, folded)
	}
	flood(guard.BombedApproval, 60)
	if n, folded := count(guard.BombedApproval); n != ofOneRule+1 || folded.Folded != 10 {
		t.Errorf("%d of another rule, %+v", n, folded)
	}
	k.flush(math.MaxInt)
	k.open(t)
	k.count[guard.BruteForce] += there
	k.Take(k.alert(guard.BruteForce, user("another"), guard.Medium, 5))
	if n, folded := count(guard.BruteForce); n != 20+1 || folded.Folded != 31 {
		t.Errorf("after a restart: %d, %+v", n, folded)
	}
}

// TestReopen: all is there after a restart, and goes on; steps that were not taken are taken.
func TestReopen(t *testing.T) {
	k := newKit(t)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.High, 5))
	k.respond()
	k.Take(k.alert(guard.BruteForce, user("bob"), guard.High, 5)) // killed before its steps
	before, _ := json.Marshal(k.only2(t, "alice"))
	k.answers = responder{}
	k.open(t)
	if after, _ := json.Marshal(k.only2(t, "alice")); string(after) != string(before) {
		t.Errorf("%s\nis now\n%s", before, after)
	}
	k.resume()
	k.respond()
	if len(k.answers.resumed) != 1 || k.answers.resumed[0] != k.only2(t, "alice").ID || len(k.answers.asked) != 1 {
		t.Errorf("resumed %v, asked %v", k.answers.resumed, k.answers.asked)
	}
	k.at = k.at.Add(time.Second)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.High, 6))
	if i := k.only2(t, "alice"); i.Count != 11 /* the watch counts anew */ || len(k.List()) != 2 {
		t.Errorf("%+v", i)
	}
}

// only2 is the one incident of a user.
func (k *kit) only2(t *testing.T, name string) Incident {
	t.Helper()
	for _, i := range k.List() {
		if i.Subject.User == name {
			i, err := k.Find(i.ID)
			must(t, err)
			return i
		}
	}
	t.Fatal("no incident of", name)
	return Incident{}
}

// TestGrowthIsWrittenNowAndThen: what only grows is not on disk at once, and is soon.
func TestGrowthIsWrittenNowAndThen(t *testing.T) {
	k := newKit(t)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 6))
	id := k.only(t).ID
	if i := k.onDisk(t, id); i.Count != 5 {
		t.Errorf("%d on disk", i.Count)
	}
	k.flush(flushMost)
	if i := k.onDisk(t, id); i.Count != 6 {
		t.Errorf("%d on disk", i.Count)
	}
	if info, err := os.Stat(k.files.path(id)); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestHostileFiles are set aside, with a word in the log, and keep nobody from starting.
func TestHostileFiles(t *testing.T) {
	k := newKit(t)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	good, err := os.ReadFile(k.files.path(k.only(t).ID))
	must(t, err)
	id := k.only(t).ID
	change := func(old, other string) string {
		text := strings.Replace(strings.Replace(string(good), id, "20260101-aaaa", 1), old, other, 1)
		if old == id {
			return text
		}
		if text == string(good) {
			t.Fatal("nothing changed for", old)
		}
		return text
	}
	dir := filepath.Join(k.dir, directory)
	for name, make := range map[string]func(path string) error{
		"empty":              text(""),
		"torn":               text(change("", "")[:200]),
		"another's":          text(string(good)),
		"no state":           text(change(`"state": "open"`, `"state": "ajar"`)),
		"no severity":        text(change(`"medium"`, `"fatal"`)),
		"a bad address":      text(change(`"user": "alice"`, `"address": "1.2.3"`)),
		"a bad rule":         text(change(`"brute_force"`, `"../../x"`)),
		"a steering text":    text(change("wrong passwords", `wrong\u001b[2J`)),
		"a steering record":  text(change(`"192.0.2.7"`, "\"\u009b\"")),
		"a negative count":   text(change(`"count": 5`, `"count": -5`)),
		"a count of words":   text(change(`"count": 5`, `"count": "5"`)),
		"a closed one":       text(change(`"state": "open"`, `"state": "closed"`)),
		"no history":         text(change(`"history": [`, `"history": [], "x": [`)),
		"a record of nought": text(change(`"record": {`, `"record": 7, "x": {`)),
		"very long":          text(change("wrong passwords", strings.Repeat("x", mostFile))),
		"a long text":        text(change("wrong passwords", strings.Repeat("x", mostText+1))),
		"a directory":        func(path string) error { return os.Mkdir(path, 0o700) },
		"a link": func(path string) error {
			elsewhere := filepath.Join(k.dir, "elsewhere")
			return errors.Join(os.WriteFile(elsewhere, []byte(change(id, "20260101-aaaa")), 0o600), os.Symlink(elsewhere, path))
		},
		"a pipe": pipe,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "incident-20260101-aaaa.json")
			must(t, make(path))
			k.open(t)
			if k.only(t).ID != id || len(k.log.AllEntries()) != 1 || !strings.Contains(k.log.LastEntry().Message, "set aside") {
				t.Errorf("log: %v", k.log.AllEntries())
			}
			moved := filepath.Join(dir, "damaged-incident-20260101-aaaa.json")
			if _, err := os.Lstat(moved); err != nil {
				t.Error(err)
			}
			must(t, os.RemoveAll(moved))
		})
	}
	must(t, os.WriteFile(filepath.Join(dir, "incident-20260101-aaaa.json.new"), good[:100], 0o600)) //nolint:gosec // in the test's own directory
	must(t, os.WriteFile(filepath.Join(dir, "readme"), nil, 0o600))
	k.open(t)
	if _, err := os.Stat(filepath.Join(dir, "incident-20260101-aaaa.json.new")); !os.IsNotExist(err) || len(k.log.AllEntries()) != 0 {
		t.Errorf("what a crash left is there: %v, %v", err, k.log.AllEntries())
	}
}

func text(content string) func(path string) error {
	return func(path string) error { return os.WriteFile(path, []byte(content), 0o600) } //nolint:gosec // in the test's own directory
}

func TestNoPlace(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, directory), nil, 0o600))
	if _, err := Open(dir, Settings{}, Deps{}); err == nil {
		t.Error("opened where a file is")
	}
	if _, err := Open(filepath.Join(dir, "none"), Settings{}, Deps{}); err == nil {
		t.Error("opened where nothing is")
	}
}

// TestDiskFails: an incident that cannot be written is there all the same, is logged once, and is written when that can be done.
func TestDiskFails(t *testing.T) {
	k := newKit(t)
	again := k.noPlace(t)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	k.Take(k.alert(guard.BruteForce, user("bob"), guard.Medium, 5))
	k.flush(flushMost)
	if len(k.log.AllEntries()) != 1 || len(k.List()) != 2 || k.Settle() == nil {
		t.Errorf("%d lines in the log, %d incidents", len(k.log.AllEntries()), len(k.List()))
	}
	again()
	must(t, k.Settle())
	k.onDisk(t, k.only2(t, "bob").ID)
}

func TestStateWords(t *testing.T) {
	for _, s := range []State{Opened, Acknowledged, Closed} {
		word, _ := s.MarshalText()
		var again State
		if err := again.UnmarshalText(word); err != nil || again != s {
			t.Errorf("%s: %v, %v", word, again, err)
		}
	}
	if new(State).UnmarshalText([]byte("")) == nil {
		t.Error("nothing is a state")
	}
	if got := clean("a\x00b\u202ec"+strings.Repeat("é", 10), 8); got != "a?b?céé"[:len(got)] || len(got) > 8 {
		t.Errorf("%q", got)
	}
}
