package claim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/state/cluster"
)

func TestToldThereAndBack(t *testing.T) {
	for o := auth.NoAnswer; o <= auth.Elsewhere; o++ {
		in := Told{Outcome: o, Detail: "so it ended", Activity: "7Vun", Attempt: "a1", Realm: "r", Pushed: true}
		got, err := Parse(in.Encode())
		if err != nil {
			t.Fatal(err)
		}
		want := in
		if o >= auth.Withdrawn {
			want.Outcome = auth.NoAnswer // no login ends so at another node
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", o, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "approved", "another version": `{"version":2,"outcome":"approved"}`, "no version": `{"outcome":"approved"}`,
		"a line break": `{"version":1,"outcome":"approved","detail":"a\nb"}`, "a long text": `{"version":1,"detail":"` + strings.Repeat("a", longestText+1) + `"}`,
		"too much": `{"version":1}` + strings.Repeat(" ", longestTold), "a number": `{"version":1,"outcome":1}`,
	} {
		if got, err := Parse([]byte(text)); err == nil || got != (Told{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := Parse([]byte(`{"version":1,"outcome":"let in"}`)); err != nil || got.Outcome != auth.NoAnswer {
		t.Errorf("an unknown outcome: %+v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add((&Told{Outcome: auth.Approved, Detail: "d", Attempt: "a1"}).Encode())
	f.Add([]byte(`{"version":1,"outcome":"approved"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Parse(text)
		if err != nil {
			if got != (Told{}) {
				t.Errorf("%+v with an error", got)
			}
			return
		}
		again, err := Parse(got.Encode())
		if err != nil || again != got {
			t.Errorf("%+v, then %+v, %v", got, again, err)
		}
	})
}

func TestEndings(t *testing.T) {
	now := 20 * time.Second
	pushed := course.Course{Delivery: course.Pushed, History: course.Clean}
	dirty := course.Course{Delivery: course.Pushed, History: course.Dirty}
	doubtful := course.Course{Delivery: course.Doubtful, History: course.Clean, Zero: 15 * time.Second}
	for _, tc := range []struct {
		name   string
		c      course.Course
		o      auth.Outcome
		result course.ResultRule
		want   cluster.Ending
	}{
		{"approved", pushed, auth.Approved, course.UnknownResult, cluster.Ending{Hold: HoldFor, Clears: true, Spent: DirtyFor, Known: true}},
		{"approved, consumed", pushed, auth.Approved, course.ConsumedResult, cluster.Ending{Hold: HoldFor, Clears: true, Known: true}},
		{"approved, sticky", pushed, auth.Approved, course.StickyResult, cluster.Ending{Hold: HoldFor, Clears: true, Spent: StaleFor, Known: true}},
		{"approved, beside another push", dirty, auth.Approved, course.ConsumedResult, cluster.Ending{Hold: HoldFor, Taint: DirtyFor, Clears: true, Known: true}},
		{"stale", pushed, auth.Stale, course.UnknownResult, cluster.Ending{Taint: StaleFor, Known: true}},
		{"timed out", pushed, auth.TimedOut, course.UnknownResult, cluster.Ending{Taint: DirtyFor, Known: true}},
		{"in doubt", doubtful, auth.NoAnswer, course.UnknownResult, cluster.Ending{Hold: 5 * time.Second, Taint: DirtyFor, Known: true}},
		{"never pushed", course.Course{}, auth.NoBudget, course.UnknownResult, cluster.Ending{}},
		{"collided before its push", course.Course{}, auth.Collided, course.UnknownResult, cluster.Ending{Taint: DirtyFor, Known: true}},
	} {
		if diff := cmp.Diff(tc.want, Ending(&tc.c, tc.o, tc.result, now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	if got := Unconfirmed(&pushed, course.StickyResult, now); got.Taint != StaleFor || got.Clears || !got.Known {
		t.Errorf("an approval that counts for nobody, and may stay: %+v", got)
	}
	if got := Unconfirmed(&pushed, course.ConsumedResult, now); got.Taint != DirtyFor {
		t.Errorf("one that was read away: %+v", got)
	}
}

func TestHistories(t *testing.T) {
	for h, want := range map[cluster.History]course.History{
		cluster.Unseen: course.Unseen, cluster.Dirty: course.Dirty, cluster.Spent: course.Spent, cluster.Clean: course.Clean, 99: course.Unseen,
	} {
		if got := History(h); got != want {
			t.Errorf("%d: %d, want %d", h, got, want)
		}
	}
}
