package search

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/admin/page/phrase"
	"ivalt-radius/admin/view"
)

// The form of a time as <input type="datetime-local"> has it: without a zone, it is UTC. Seconds are left out where they are zero.
const (
	minutes = "2006-01-02T15:04"
	seconds = "2006-01-02T15:04:05"
)

// mostText bounds what is looked for, in octets.
const mostText = 300

// Search is what somebody typed.
type Search struct {
	Within  string // a preset; it counts where Since is empty
	Since   string
	Until   string
	User    string
	Client  string
	Station string
	Verdict string
	Reason  string
	Before  string // the number of a record: older ones are shown
}

// Preset is a time that reaches back from now.
type Preset struct {
	Word  string // of the query
	Label string
	For   time.Duration
}

// Presets are all of them.
func Presets() []Preset {
	const day = 24 * time.Hour
	return []Preset{
		{"15m", "last 15 minutes", 15 * time.Minute},
		{"1h", "last hour", time.Hour},
		{"24h", "last 24 hours", day},
		{"7d", "last 7 days", 7 * day},
		{"30d", "last 30 days", 30 * day},
	}
}

// Parse reads a query. The Search is what was typed also where the error says, for people, what is wrong with it.
func Parse(q url.Values, now time.Time) (Search, view.LoginFilter, error) {
	text := func(name string) string {
		value := strings.TrimSpace(q.Get(name))
		return value[:min(len(value), mostText)]
	}
	s := Search{
		Within: text("within"), Since: text("since"), Until: text("until"), User: text("user"), Client: text("client"),
		Station: text("calling_station"), Verdict: text("verdict"), Reason: text("reason"), Before: text("before"),
	}
	f, err := s.filter(now)
	return s, f, err
}

// filter is what the server is asked.
func (s Search) filter(now time.Time) (view.LoginFilter, error) {
	f := view.LoginFilter{User: s.User, Client: s.Client, CallingStation: s.Station, Verdict: s.Verdict, Reason: s.Reason}
	var err error
	if f.Since, err = s.since(now); err != nil {
		return f, err
	}
	if f.Until, err = Time("Until", s.Until); err != nil {
		return f, err
	}
	switch {
	case !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until):
		return f, errors.New("nothing lies between these times: let Until be after Since")
	case s.Verdict != "" && !slices.Contains(phrase.Verdicts(), s.Verdict):
		return f, fmt.Errorf("the verdict is none of %s", strings.Join(phrase.Verdicts(), ", "))
	case s.Reason != "" && !slices.Contains(phrase.Reasons(), s.Reason):
		return f, errors.New("the reason is none of the list: choose one")
	}
	if s.Before != "" {
		if f.Before, err = strconv.ParseUint(s.Before, 10, 64); err != nil {
			return f, errors.New("where to go on is no number of a record: begin the search anew")
		}
	}
	return f, nil
}

func (s Search) since(now time.Time) (time.Time, error) {
	if s.Since != "" || s.Within == "" {
		return Time("Since", s.Since)
	}
	for _, p := range Presets() {
		if p.Word == s.Within {
			return now.Add(-p.For).UTC().Truncate(time.Second), nil
		}
	}
	return time.Time{}, errors.New("the time is none of the list: choose one")
}

// Time reads what a field holds, in UTC; empty: the zero time. The error names the field.
func Time(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{minutes, seconds} {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s is no time: write it as 2026-01-31T18:00, in UTC", field)
}

// Field is a time as a field holds it, in UTC; empty for the zero time.
func Field(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(seconds)
}

// Any reports that something is looked for.
func (s Search) Any() bool {
	s.Before = ""
	return s != Search{}
}

// Older is the address of the page that follows, before a record.
func (s Search) Older(before uint64) string {
	s.Before = strconv.FormatUint(before, 10)
	return s.address()
}

// Newest is the address of the first page.
func (s Search) Newest() string {
	s.Before = ""
	return s.address()
}

func (s Search) address() string {
	return phrase.Ask("/logins", "within", s.Within, "since", s.Since, "until", s.Until, "user", s.User, "client", s.Client,
		"calling_station", s.Station, "verdict", s.Verdict, "reason", s.Reason, "before", s.Before)
}
