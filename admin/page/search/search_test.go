package search

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
)

func now() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC) }

func TestParse(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	for query, want := range map[string]view.LoginFilter{
		"":                                 {},
		"within=24h":                       {Since: time.Date(2026, 3, 3, 5, 6, 7, 0, time.UTC)},
		"within=1h&until=2026-03-04T05:00": {Since: time.Date(2026, 3, 4, 4, 6, 7, 0, time.UTC), Until: time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)},
		"since=2026-03-01T00:00&until=2026-03-02T00:00:00": {Since: day(1), Until: day(2)},
		"user=%20a%20&client=b&calling_station=c&verdict=accept&reason=exempt&before=18446744073709551615": {
			User: "a", Client: "b", CallingStation: "c", Verdict: "accept", Reason: "exempt", Before: 1<<64 - 1,
		},
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, got, err := Parse(q, now()); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", query, got, err, want)
		}
	}
	for _, query := range []string{
		"within=2h", "since=x", "until=2026-02-30T00:00", "since=2026-03-02T00:00&until=2026-03-01T00:00", "verdict=Accept", "reason=none", "before=x", "before=18446744073709551616",
	} {
		q, _ := url.ParseQuery(query)
		if _, _, err := Parse(q, now()); err == nil {
			t.Errorf("%s is taken", query)
		}
	}
	if s, _, _ := Parse(url.Values{"user": {strings.Repeat("x", 10_000)}}, now()); len(s.User) != mostText {
		t.Errorf("%d octets are looked for", len(s.User))
	}
}

func TestPages(t *testing.T) {
	s := Search{User: "a&b", Within: "1h"}
	if got := s.Older(7); got != "/logins?before=7&user=a%26b&within=1h" {
		t.Error(got)
	}
	s.Before = "7"
	if got := s.Newest(); got != "/logins?user=a%26b&within=1h" {
		t.Error(got)
	}
	if !s.Any() || (Search{Before: "7"}).Any() {
		t.Error("what is looked for")
	}
	if Field(time.Time{}) != "" || Field(now()) != "2026-03-04T05:06:07" {
		t.Error("the field")
	}
}

// FuzzParse: whatever stands in an address, the server is asked for what makes sense, and the links lead to the same search.
func FuzzParse(f *testing.F) {
	for _, query := range []string{"", "within=7d", "since=2026-03-01T00:00&until=2026-03-02T00:00:00", "user=%ff&before=1", "verdict=accept&reason=exempt&client=%00", "since=0000-01-01T00:00"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, _ := url.ParseQuery(query)
		s, filter, err := Parse(q, now())
		if err != nil {
			return
		}
		if !filter.Since.IsZero() && !filter.Until.IsZero() && !filter.Since.Before(filter.Until) || filter.Limit != 0 || max(len(filter.User), len(filter.Client), len(filter.CallingStation)) > mostText {
			t.Fatalf("%+v", filter)
		}
		link, err := url.Parse(s.Older(filter.Before))
		if err != nil || link.Path != "/logins" {
			t.Fatalf("%v: %v", link, err)
		}
		if _, again, err := Parse(link.Query(), now()); err != nil || again != filter {
			t.Fatalf("%+v, then %+v, %v", filter, again, err)
		}
	})
}
