package sessions_test

import (
	"testing"
	"time"

	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/state"
)

// overruns are the proofs of what is found now.
func (w *world) overruns() (found []sessions.Proof) {
	for _, o := range w.Overruns(100) {
		if o.Grant.Attempt != "a1" || o.Until.IsZero() || o.User != "alice" {
			w.t.Errorf("%+v", o)
		}
		found = append(found, o.Proof)
	}
	return found
}

// TestOverruns: who goes on behind the end that was given, and who must not be accused. Each login is given 256 s.
func TestOverruns(t *testing.T) {
	start := told{0, "start", 0, 0, 0, nil}
	for _, c := range []struct {
		name  string
		limit byte
		tells []told
		after int
		want  sessions.Proof
	}{
		{"an update from behind the end", 1, []told{start, {380, "interim_update", 380, 0, 0, nil}}, 0, sessions.Updated},
		{"an update within the grace", 1, []told{start, {370, "interim_update", 370, 0, 0, nil}}, 0, ""},
		{"an update from before the end, told late", 1, []told{start, {600, "interim_update", 200, 0, 0, late(400)}}, 0, ""},
		{"a stop in time, told late", 1, []told{start, {600, "stop", 256, 0, 0, late(344)}}, 0, ""},
		{"a stop behind the end", 1, []told{start, {600, "stop", 600, 0, 0, nil}}, 0, sessions.Late},
		{"a stop at the end", 1, []told{start, {257, "stop", 257, 0, 0, nil}}, 600, ""},
		{"no accounting at all", 1, nil, 3600, ""},
		{"a NAS that never told of a stop", 1, []told{start}, 3600, ""},
		{"no end was given", 0, []told{start, {3600, "interim_update", 3600, 0, 0, nil}}, 0, ""},
		{"a session that no login let in", 1, []told{{0, "interim_update", 7200, 0, 0, nil}, {600, "interim_update", 7800, 0, 0, nil}}, 0, ""},
	} {
		w := newWorld(t)
		w.logIn("alice", "", "a1", c.limit)
		w.hear(c.tells...)
		w.now = w.now.Add(time.Duration(c.after) * time.Second)
		got := w.overruns()
		if len(got) > 1 || len(got) == 1 && got[0] != c.want || len(got) == 0 && c.want != "" {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if n := w.total().Overruns; n != uint64(len(got)) {
			t.Errorf("%s: %d are counted", c.name, n)
		}
		if again := w.overruns(); len(again) != 0 {
			t.Errorf("%s: said again: %q", c.name, again)
		}
	}
}

// TestNoStop: a NAS that tells of stops has told of none.
func TestNoStop(t *testing.T) {
	w := newWorld(t)
	w.Told("stop", w.of("bob", "s9"))
	w.logIn("carol", "", "c1", 1) // of whom no accounting tells: nobody knows
	w.logIn("alice", "", "a1", 1)
	w.hear(told{0, "start", 0, 0, 0, nil})
	w.now = w.now.Add(256*time.Second + sessions.Grace)
	if got := w.overruns(); len(got) != 0 {
		t.Errorf("within the grace: %q", got)
	}
	w.now = w.now.Add(time.Second)
	if got := w.overruns(); len(got) != 1 || got[0] != sessions.NoStop {
		t.Errorf("%q", got)
	}
	w.hear(told{600, "interim_update", 979, 0, 0, nil}, told{1, "stop", 980, 0, 0, nil})
	if got := w.overruns(); len(got) != 0 {
		t.Errorf("said again: %q", got)
	}
}

// TestOverrunsAreBounded: those that are left come with the next look.
func TestOverrunsAreBounded(t *testing.T) {
	w := newWorld(t)
	w.Told("stop", w.of("alice", "s9"))
	for _, id := range []string{"s1", "s2", "s3"} {
		w.logIn("alice", id, "a1", 1)
		w.Told("start", w.of("alice", id))
	}
	w.now = w.now.Add(time.Hour)
	if a, b, c := len(w.Overruns(2)), len(w.Overruns(2)), len(w.Overruns(2)); a != 2 || b != 1 || c != 0 {
		t.Errorf("%d, %d, %d", a, b, c)
	}
}

// disk is a store that outlives its tables.
func disk(t *testing.T) *state.Store {
	t.Helper()
	store, err := state.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func (w *world) open(store *state.Store) {
	w.t.Helper()
	if err := w.Open(store, func(err error) { w.t.Error(err) }); err != nil {
		w.t.Fatal(err)
	}
}

// restart puts the table away and takes a new one, with what was kept.
func (w *world) restart(store *state.Store) {
	w.t.Helper()
	if err := w.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.Table = sessions.New(func() time.Time { return w.now })
	w.open(store)
}

// TestKept: a restart changes nothing of what is known, counts nothing twice, and says nothing again.
func TestKept(t *testing.T) {
	store := disk(t)
	w := newWorld(t)
	w.open(store)
	t.Cleanup(func() { _ = w.Close() })
	w.logIn("alice", "", "a1", 1)
	w.hear(told{0, "start", 0, 0, 0, nil}, told{60, "interim_update", 60, 5, 7, func(s *sessions.Session) { s.Measure.Framed6 = "2001:db8::7" }})
	w.now = w.now.Add(time.Second)
	w.logIn("bob", "", "b1", 1)
	before := w.one2()
	w.restart(store)
	after := w.one2()
	for i := range before {
		a, b := before[i], after[i]
		if a.User != b.User || a.ID() != b.ID() || a.Grant.Attempt != b.Grant.Attempt || !a.Until.Equal(b.Until) || !a.Started.Equal(b.Started) || a.Use != b.Use ||
			a.Station != b.Station || a.Measure.Framed6 != b.Measure.Framed6 || a.Accounted() != b.Accounted() || !a.Heard.Equal(b.Heard) {
			t.Errorf("%+v, then %+v", a, b)
		}
	}
	w.hear(told{400, "interim_update", 460, 9, 9, nil})
	if got := w.total(); got.In != 4 || got.Accounted != 1 || got.Logins != 1 {
		t.Errorf("%+v", got)
	}
	w.now = w.now.Add(time.Second)
	w.Told("start", w.of("bob", "s2")) // of the login before the restart
	if found, _ := w.List("bob", "", station, 2); len(found) != 1 || found[0].Grant.Attempt != "b1" || found[0].Until.IsZero() {
		t.Errorf("%+v", found)
	}
	if got := w.overruns(); len(got) != 1 || got[0] != sessions.Updated {
		t.Errorf("%q", got)
	}
	w.restart(store)
	if got := w.overruns(); len(got) != 0 {
		t.Errorf("said again: %q", got)
	}
	w.hear(told{1, "stop", 500, 9, 9, nil})
	w.restart(store)
	w.expect("alice")
	w.now = w.now.Add(24 * time.Hour)
	w.restart(store)
	if w.Len() != 0 {
		t.Error("sessions of yesterday are there")
	}
}

// one2 are both sessions.
func (w *world) one2() []sessions.Session {
	w.t.Helper()
	l := w.Look(sessions.Filter{}, 3)
	if len(l.Found) != 2 {
		w.t.Fatalf("%+v", l)
	}
	return l.Found
}

// TestKeptNothingOdd: what lies on disk is not believed blindly.
func TestKeptNothingOdd(t *testing.T) {
	store := disk(t)
	w := newWorld(t)
	w.open(store)
	w.Told("start", w.of("alice", "s1"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var fine []byte
	if err := store.Each(sessions.Bucket, func(_ string, value []byte) { fine = append([]byte(nil), value...) }); err != nil || fine == nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"another": string(fine), "none": "{}", "odd": "x"} {
		if err := store.Put(sessions.Bucket, name, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	w.Table = sessions.New(func() time.Time { return w.now })
	w.open(store)
	w.expect("alice", "s1")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := store.Each(sessions.Bucket, func(string, []byte) { n++ }); err != nil || n != 1 {
		t.Errorf("%d records, %v", n, err)
	}
}

// TestNoStopWhileNobodyListened: what ended before the server began may have stopped without a word here.
func TestNoStopWhileNobodyListened(t *testing.T) {
	store := disk(t)
	w := newWorld(t)
	w.open(store)
	t.Cleanup(func() { _ = w.Close() })
	w.logIn("alice", "", "a1", 1)
	w.hear(told{0, "start", 0, 0, 0, nil})
	w.now = w.now.Add(time.Hour)
	w.restart(store)
	w.Told("stop", w.of("bob", "s9"))
	if got := w.overruns(); len(got) != 0 {
		t.Errorf("accused: %q", got)
	}
	w.hear(told{1, "interim_update", 3601, 0, 0, nil})
	if got := w.overruns(); len(got) != 1 || got[0] != sessions.Updated {
		t.Errorf("%q", got)
	}
}
