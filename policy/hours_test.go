package policy

import (
	"testing"
	"time"
)

func openIn(tb testing.TB, zone string, windows ...HoursSettings) *Policy {
	tb.Helper()
	return mustNew(tb, Settings{Timezone: zone, Default: "deny", Rules: []RuleSettings{
		{Name: "r", Only: OnlySettings{Hours: windows}},
	}})
}

// expect asks at an instant; until is empty where the hours are closed, "-" where they have no end.
func expect(t *testing.T, p *Policy, at time.Time, until string) {
	t.Helper()
	f := Facts{User: "x", At: at}
	got := p.Decide(f)
	switch {
	case until == "":
		if got.Action != Deny || got.Denial != ByHours {
			t.Errorf("%s: open, want closed\n%s", at, p.Explain(f))
		}
	case got.Action != RequirePush:
		t.Errorf("%s: closed, want open\n%s", at, p.Explain(f))
	case until == "-":
		if !got.Until.IsZero() {
			t.Errorf("%s: until %s, want no end", at, got.Until)
		}
	case !got.Until.Equal(instant(t, until)):
		t.Errorf("%s: until %s, want %s", at, got.Until, until)
	}
}

// TestHours asks the contract's windows at chosen instants; 2026-11-23 is a Monday.
func TestHours(t *testing.T) {
	week := []string{"mon", "tue", "wed", "thu", "fri"}
	night := []HoursSettings{{Days: week, From: "22:00", To: "06:00"}}
	office := []HoursSettings{{Days: week, From: "08:00", To: "18:00", Except: []string{"2026-12-25"}}}
	for name, c := range map[string]struct {
		windows []HoursSettings
		at      string
		until   string
	}{
		"office, Monday":               {office, "2026-11-23T12:00:00Z", "2026-11-23T18:00:00Z"},
		"office, from is inclusive":    {office, "2026-11-23T08:00:00Z", "2026-11-23T18:00:00Z"},
		"office, a moment before from": {office, "2026-11-23T07:59:59.999999999Z", ""},
		"office, a moment before to":   {office, "2026-11-23T17:59:59.999999999Z", "2026-11-23T18:00:00Z"},
		"office, to is exclusive":      {office, "2026-11-23T18:00:00Z", ""},
		"office, Saturday":             {office, "2026-11-28T12:00:00Z", ""},
		"office, excepted Friday":      {office, "2026-12-25T12:00:00Z", ""},
		"office, the Friday after":     {office, "2027-01-01T12:00:00Z", "2027-01-01T18:00:00Z"},

		"night, Monday evening":      {night, "2026-11-23T22:00:00Z", "2026-11-24T06:00:00Z"},
		"night, Tuesday morning":     {night, "2026-11-24T05:59:59Z", "2026-11-24T06:00:00Z"},
		"night, Tuesday 06:00":       {night, "2026-11-24T06:00:00Z", ""},
		"night, Friday evening":      {night, "2026-11-27T22:00:00Z", "2026-11-28T06:00:00Z"},
		"night, into Saturday":       {night, "2026-11-28T03:00:00Z", "2026-11-28T06:00:00Z"},
		"night, Saturday evening":    {night, "2026-11-28T23:00:00Z", ""},
		"night, Sunday evening":      {night, "2026-11-29T23:00:00Z", ""},
		"night, early Monday":        {night, "2026-11-30T03:00:00Z", ""},
		"night over an excepted day": {[]HoursSettings{{From: "22:00", To: "06:00", Except: []string{"2026-12-25"}}}, "2026-12-25T03:00:00Z", "2026-12-25T06:00:00Z"},
		"night of an excepted day":   {[]HoursSettings{{From: "22:00", To: "06:00", Except: []string{"2026-12-25"}}}, "2026-12-26T03:00:00Z", ""},

		"exceptions in any order": {[]HoursSettings{{From: "08:00", To: "18:00", Except: []string{"2026-12-25", "2026-11-23", "2026-01-01"}}}, "2026-12-25T12:00:00Z", ""},

		"whole Monday":                 {[]HoursSettings{{Days: []string{"mon"}, From: "00:00", To: "24:00"}}, "2026-11-23T12:00:00Z", "2026-11-24T00:00:00Z"},
		"until midnight":               {[]HoursSettings{{Days: []string{"mon"}, From: "20:00", To: "00:00"}}, "2026-11-23T20:00:00Z", "2026-11-24T00:00:00Z"},
		"Monday with Tuesday":          {[]HoursSettings{{Days: []string{"mon", "tue"}, From: "00:00", To: "24:00"}}, "2026-11-23T12:00:00Z", "2026-11-25T00:00:00Z"},
		"touching windows":             {[]HoursSettings{{From: "12:00", To: "14:00"}, {From: "08:00", To: "12:00"}}, "2026-11-23T09:00:00Z", "2026-11-23T14:00:00Z"},
		"overlapping windows":          {[]HoursSettings{{From: "08:00", To: "12:00"}, {From: "11:00", To: "14:00"}}, "2026-11-23T09:00:00Z", "2026-11-23T14:00:00Z"},
		"window in a window":           {[]HoursSettings{{From: "08:00", To: "18:00"}, {From: "11:00", To: "14:00"}}, "2026-11-23T12:00:00Z", "2026-11-23T18:00:00Z"},
		"windows with a gap":           {[]HoursSettings{{From: "08:00", To: "12:00"}, {From: "12:01", To: "14:00"}}, "2026-11-23T09:00:00Z", "2026-11-23T12:00:00Z"},
		"in the gap":                   {[]HoursSettings{{From: "08:00", To: "12:00"}, {From: "12:01", To: "14:00"}}, "2026-11-23T12:00:30Z", ""},
		"night meets day":              {[]HoursSettings{{Days: []string{"mon"}, From: "22:00", To: "06:00"}, {Days: []string{"tue"}, From: "06:00", To: "09:00"}}, "2026-11-23T23:00:00Z", "2026-11-24T09:00:00Z"},
		"zones that meet":              {[]HoursSettings{{From: "08:00", To: "16:00", Timezone: "Europe/Berlin"}, {From: "09:00", To: "17:00", Timezone: "America/New_York"}}, "2026-11-23T14:30:00Z", "2026-11-23T22:00:00Z"},
		"zones that only seem to meet": {[]HoursSettings{{From: "00:00", To: "12:00"}, {From: "12:00", To: "24:00", Timezone: "Europe/Berlin"}}, "2026-11-23T12:00:00Z", "2026-11-23T23:00:00Z"},
		"a window's own zone":          {[]HoursSettings{{From: "08:00", To: "16:00", Timezone: "Asia/Kathmandu"}}, "2026-11-23T02:15:00Z", "2026-11-23T10:15:00Z"},
		"the zone's own Monday":        {[]HoursSettings{{Days: []string{"mon"}, From: "00:00", To: "24:00", Timezone: "Asia/Kathmandu"}}, "2026-11-22T18:15:00Z", "2026-11-23T18:15:00Z"},

		"always":                  {[]HoursSettings{{From: "00:00", To: "24:00"}}, "2026-11-23T12:00:00Z", "-"},
		"always, from noon":       {[]HoursSettings{{From: "12:00", To: "06:00"}, {From: "06:00", To: "12:00"}}, "2026-11-23T12:00:00Z", "-"},
		"always in parts":         {[]HoursSettings{{From: "00:00", To: "12:00"}, {From: "06:00", To: "24:00"}}, "2026-11-23T12:00:00Z", "-"},
		"all week but for Sunday": {[]HoursSettings{{Days: append([]string{"sat"}, week...), From: "00:00", To: "24:00"}}, "2026-11-23T12:00:00Z", "2026-11-29T00:00:00Z"},
		"always but for a day":    {[]HoursSettings{{From: "00:00", To: "24:00", Except: []string{"2026-12-03"}}}, "2026-11-23T12:00:00Z", "2026-12-03T00:00:00Z"},
		"always, of two zones":    {[]HoursSettings{{Days: week, From: "22:00", To: "06:00", Timezone: "Europe/Berlin"}, {From: "00:00", To: "24:00"}}, "2026-11-23T12:00:00Z", "-"},
		"a day of long ago":       {[]HoursSettings{{From: "00:00", To: "24:00", Except: []string{"2020-12-03"}}}, "2026-11-23T12:00:00Z", "2026-12-09T00:00:00Z"},
		"a day far away":          {[]HoursSettings{{From: "00:00", To: "24:00", Except: []string{"2027-12-03"}}}, "2026-11-23T12:00:00Z", "2026-12-09T00:00:00Z"},
		"before 1970":             {[]HoursSettings{{Days: []string{"wed"}, From: "08:00", To: "18:00"}}, "1969-12-31T12:00:00Z", "1969-12-31T18:00:00Z"},
		"the zero time":           {[]HoursSettings{{Days: []string{"mon"}, From: "00:00", To: "08:00"}}, "0001-01-01T00:00:00Z", "0001-01-01T08:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, openIn(t, "UTC", c.windows...), instant(t, c.at), c.until)
		})
	}
}

func TestHoursOfPolicyZone(t *testing.T) {
	p := openIn(t, "Europe/Berlin", HoursSettings{From: "08:00", To: "18:00"})
	expect(t, p, instant(t, "2026-07-01T06:00:00Z"), "2026-07-01T16:00:00Z")
	expect(t, p, instant(t, "2026-12-01T06:00:00Z"), "")
	expect(t, p, instant(t, "2026-12-01T07:00:00Z"), "2026-12-01T17:00:00Z")
}

// changeCase is a window on one date near a clock change, and the instants at which it opens and closes; none where that date has
// no such window.
type changeCase struct{ zone, date, from, to, opens, closes string }

func runChanges(t *testing.T, cases map[string]changeCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { clockChange(t, c) })
	}
}

// clockChange asks at both ends of the window, and every five minutes of the days around it.
func clockChange(t *testing.T, c changeCase) {
	t.Helper()
	date := instant(t, c.date+"T00:00:00Z")
	p := openIn(t, c.zone, HoursSettings{Days: []string{date.Weekday().String()}, From: c.from, To: c.to})
	opens, closes := date, date
	if c.opens != "" {
		opens, closes = instant(t, c.opens), instant(t, c.closes)
		expect(t, p, opens, c.closes)
		expect(t, p, closes.Add(-time.Nanosecond), c.closes)
	}
	for at := date.Add(-60 * time.Hour); at.Before(date.Add(84 * time.Hour)); at = at.Add(5 * time.Minute) {
		until := ""
		if !at.Before(opens) && at.Before(closes) {
			until = c.closes
		}
		expect(t, p, at, until)
	}
}

func TestClockChanges(t *testing.T) {
	runChanges(t, map[string]changeCase{
		// Berlin jumps 2026-03-29 02:00 to 03:00 (01:00Z), and goes back 2026-10-25 03:00 to 02:00 (01:00Z).
		"Berlin, night of 7 hours":       {"Europe/Berlin", "2026-03-28", "22:00", "06:00", "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z"},
		"Berlin, night of 9 hours":       {"Europe/Berlin", "2026-10-24", "22:00", "06:00", "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"},
		"Berlin, day of 23 hours":        {"Europe/Berlin", "2026-03-29", "00:00", "24:00", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		"Berlin, day of 25 hours":        {"Europe/Berlin", "2026-10-25", "00:00", "24:00", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		"Berlin, from in the gap":        {"Europe/Berlin", "2026-03-29", "02:30", "04:00", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		"Berlin, to in the gap":          {"Europe/Berlin", "2026-03-29", "01:00", "02:30", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"},
		"Berlin, all in the gap":         {"Europe/Berlin", "2026-03-29", "02:10", "02:50", "", ""},
		"Berlin, gap's edges":            {"Europe/Berlin", "2026-03-29", "02:00", "03:00", "", ""},
		"Berlin, from at gap's end":      {"Europe/Berlin", "2026-03-29", "03:00", "04:00", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		"Berlin, night ends in the gap":  {"Europe/Berlin", "2026-03-28", "22:00", "02:30", "2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z"},
		"Berlin, from twice":             {"Europe/Berlin", "2026-10-25", "02:30", "04:00", "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"},
		"Berlin, to twice":               {"Europe/Berlin", "2026-10-25", "01:00", "02:30", "2026-10-24T23:00:00Z", "2026-10-25T01:30:00Z"},
		"Berlin, both twice":             {"Europe/Berlin", "2026-10-25", "02:15", "02:45", "2026-10-25T00:15:00Z", "2026-10-25T01:45:00Z"},
		"Berlin, the repeated hour":      {"Europe/Berlin", "2026-10-25", "02:00", "03:00", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"},
		"Berlin, behind the repeat":      {"Europe/Berlin", "2026-10-25", "03:00", "04:00", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"},
		"Berlin, office on the day":      {"Europe/Berlin", "2026-03-29", "08:00", "18:00", "2026-03-29T06:00:00Z", "2026-03-29T16:00:00Z"},
		"New York, night of 7 hours":     {"America/New_York", "2026-03-07", "22:00", "06:00", "2026-03-08T03:00:00Z", "2026-03-08T10:00:00Z"},
		"New York, day of 23 hours":      {"America/New_York", "2026-03-08", "00:00", "24:00", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"},
		"New York, from in the gap":      {"America/New_York", "2026-03-08", "02:30", "03:30", "2026-03-08T07:00:00Z", "2026-03-08T07:30:00Z"},
		"New York, both twice":           {"America/New_York", "2026-11-01", "01:30", "01:45", "2026-11-01T05:30:00Z", "2026-11-01T06:45:00Z"},
		"New York, to twice":             {"America/New_York", "2026-10-31", "20:00", "01:00", "2026-11-01T00:00:00Z", "2026-11-01T06:00:00Z"},
		"Lord Howe, half an hour twice":  {"Australia/Lord_Howe", "2026-04-05", "01:30", "01:45", "2026-04-04T14:30:00Z", "2026-04-04T15:15:00Z"},
		"Lord Howe, day of 24.5 hours":   {"Australia/Lord_Howe", "2026-04-05", "00:00", "24:00", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"},
		"Lord Howe, gap of half an hour": {"Australia/Lord_Howe", "2026-10-04", "02:10", "03:00", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"},
		"Lord Howe, all in the gap":      {"Australia/Lord_Howe", "2026-10-04", "02:00", "02:30", "", ""},
		"Kathmandu knows no change":      {"Asia/Kathmandu", "2026-03-29", "02:30", "04:00", "2026-03-28T20:45:00Z", "2026-03-28T22:15:00Z"},
	})
}

// TestLostAndRepeatedDates has clock changes at midnight, and a date that a zone left out.
func TestLostAndRepeatedDates(t *testing.T) {
	runChanges(t, map[string]changeCase{
		// Samoa went from Thursday 2011-12-29 24:00 to Saturday 2011-12-31 00:00 (10:00Z on the 30th).
		"Apia, night into the lost day":    {"Pacific/Apia", "2011-12-29", "22:00", "06:00", "2011-12-30T08:00:00Z", "2011-12-30T10:00:00Z"},
		"Apia, the lost day":               {"Pacific/Apia", "2011-12-30", "08:00", "18:00", "", ""},
		"Apia, night out of the lost day":  {"Pacific/Apia", "2011-12-30", "22:00", "06:00", "", ""},
		"Apia, the whole lost day":         {"Pacific/Apia", "2011-12-30", "00:00", "24:00", "", ""},
		"Apia, the day behind":             {"Pacific/Apia", "2011-12-31", "00:00", "08:00", "2011-12-30T10:00:00Z", "2011-12-30T18:00:00Z"},
		"Apia, the day before":             {"Pacific/Apia", "2011-12-29", "00:00", "24:00", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},
		"St John's, back over midnight":    {"America/St_Johns", "2010-11-07", "00:00", "08:00", "2010-11-07T02:30:00Z", "2010-11-07T11:30:00Z"},
		"St John's, evening twice":         {"America/St_Johns", "2010-11-06", "20:00", "23:30", "2010-11-06T22:30:00Z", "2010-11-07T03:00:00Z"},
		"Nuuk, jump up to midnight":        {"America/Nuuk", "2024-03-30", "23:30", "06:00", "2024-03-31T01:00:00Z", "2024-03-31T07:00:00Z"},
		"Nuuk, evening lost":               {"America/Nuuk", "2024-03-30", "23:00", "24:00", "", ""},
		"Sao Paulo, midnight lost":         {"America/Sao_Paulo", "2018-11-04", "00:00", "08:00", "2018-11-04T03:00:00Z", "2018-11-04T10:00:00Z"},
		"Sao Paulo, last hour twice":       {"America/Sao_Paulo", "2018-02-17", "23:00", "24:00", "2018-02-18T01:00:00Z", "2018-02-18T03:00:00Z"},
		"Sao Paulo, night behind the hour": {"America/Sao_Paulo", "2018-02-17", "23:30", "00:30", "2018-02-18T01:30:00Z", "2018-02-18T03:30:00Z"},
	})
}

// TestAdjoiningOverClockChanges holds that windows which adjoin on paper leave no gap where clocks change.
func TestAdjoiningOverClockChanges(t *testing.T) {
	days := []HoursSettings{{From: "00:00", To: "02:30"}, {From: "02:30", To: "24:00"}}
	for zone, at := range map[string]string{
		"Europe/Berlin": "2026-03-28T00:00:00Z", "America/New_York": "2026-10-31T00:00:00Z", "Australia/Lord_Howe": "2026-04-04T00:00:00Z",
		"Pacific/Apia": "2011-12-29T00:00:00Z", "America/St_Johns": "2010-11-06T00:00:00Z",
	} {
		for shift := range 12 {
			expect(t, openIn(t, zone, days...), instant(t, at).Add(time.Duration(shift)*6*time.Hour), "-")
		}
	}
}

// TestClockChangeHidesGap has a weekly gap that one clock change covers: the end is in the next week, not "never".
func TestClockChangeHidesGap(t *testing.T) {
	all := []string{"mon", "tue", "wed", "thu", "fri", "sat"}
	windows := []HoursSettings{
		{Days: all, From: "00:00", To: "24:00"},
		{Days: []string{"sun"}, From: "00:00", To: "02:00"},
		{Days: []string{"sun"}, From: "02:30", To: "24:00"},
	}
	p := openIn(t, "Europe/Berlin", windows...)
	expect(t, p, instant(t, "2026-10-23T12:00:00Z"), "2026-11-01T01:00:00Z") // 25 October shows 02:00 twice
	expect(t, p, instant(t, "2026-03-27T12:00:00Z"), "2026-04-05T00:00:00Z") // 29 March shows neither 02:00 nor 02:30
	expect(t, p, instant(t, "2026-07-03T12:00:00Z"), "2026-07-05T00:00:00Z")
}

// TestZonesPartInSummer has two zones whose windows adjoin but for the weeks in which only one has changed its clocks.
func TestZonesPartInSummer(t *testing.T) {
	p := openIn(t, "UTC",
		HoursSettings{From: "06:00", To: "18:00", Timezone: "America/New_York"},
		HoursSettings{From: "00:00", To: "12:00", Timezone: "Europe/Berlin"})
	expect(t, p, instant(t, "2026-02-10T12:00:00Z"), "2026-02-26T11:00:00Z") // open longer still, but nobody promises for ever
	expect(t, p, instant(t, "2026-03-10T12:00:00Z"), "2026-03-10T22:00:00Z")
}
