package policy

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzNew feeds hostile texts to every place that takes one, and, where New takes them, facts to the policy.
func FuzzNew(f *testing.F) {
	f.Add("svc-*", "VPN*", "fw*", "10.0.0.0/8", "deny", "mon", "22:00", "06:00", "Europe/Berlin", "2026-12-25", `corp\svc-x`, "10.1.1.1", int64(1_774_747_800))
	f.Add(`CORP\*`, "admins", "fw01", "::ffff:10.0.0.0/104", "", "Sunday", "00:00", "24:00", "", "2028-02-29", "a@b", "", int64(-1))
	f.Fuzz(func(t *testing.T, user, group, client, network, decision, day, from, to, zone, except, name, address string, at int64) {
		s := Settings{Timezone: zone, Default: decision, Rules: []RuleSettings{
			{Name: "a", Match: MatchSettings{Users: []string{user}}, Decision: decision},
			{Name: user, Match: MatchSettings{Groups: []string{group}, Clients: []string{client}, Networks: []string{network}}},
			{Name: "b", Only: OnlySettings{
				Networks: []string{network},
				Hours:    []HoursSettings{{Days: []string{day}, From: from, To: to, Timezone: zone, Except: []string{except}}},
			}, Primary: group, Fail: FailSettings{Mode: decision, Until: except, Reason: name}},
			{Name: "c", Fail: FailSettings{Mode: "insecure_allow", Until: from + except, Reason: name}},
		}, Groups: []GroupSettings{{Name: group, Reply: []Attribute{{Name: user, Value: name}, filled(user)}}}}
		facts := Facts{User: name, Groups: []string{group, name}, Reply: []Attribute{{Name: name, Value: group}}, Client: client, At: time.Unix(at, 0)}
		if a, err := netip.ParseAddr(address); err == nil {
			facts.CallingStation = a
		}
		checkNew(t, s, facts)
	})
}

// checkNew holds what must be true of any settings and any facts.
func checkNew(t *testing.T, s Settings, facts Facts) {
	t.Helper()
	k := known()
	k.GroupsUnlisted, k.Now = true, time.Unix(1_774_747_800, 0)
	p, faults := New(s, k)
	if (p == nil) != (len(faults.Fatal()) > 0) {
		t.Fatalf("policy %v with faults %v", p, faults)
	}
	for _, fault := range faults {
		if !strings.HasPrefix(fault.Key, "policy.") || fault.Message == "" {
			t.Fatalf("a fault without its place or its words: %+v", fault)
		}
	}
	d, trace := p.Decide(facts), p.Explain(facts)
	if diff := cmp.Diff(d, trace.Decision); diff != "" {
		t.Fatal(diff)
	}
	if p == nil && d.Action != Deny {
		t.Fatalf("without a policy: %+v", d)
	}
	if text := trace.String(); strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' }) || !utf8.ValidString(text) {
		t.Fatalf("the trace is not plain text: %q", text)
	}
}

// FuzzHours asks windows of fuzzed times in a few zones, alone and with a second one, and follows the end that is told.
func FuzzHours(f *testing.F) {
	f.Add(uint16(22*60), uint16(6*60), uint8(0b0111110), uint8(1), uint16(0), uint16(0), int64(1_774_747_800))
	f.Add(uint16(150), uint16(180), uint8(0x7f), uint8(3), uint16(0), uint16(1440), int64(1_325_239_200))
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu"}
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	clock := func(minute uint16) string {
		minute %= 1441
		return time.Date(0, 1, 1, 0, int(minute), 0, 0, time.UTC).Format("15:04")
	}
	f.Fuzz(func(t *testing.T, from, to uint16, days, zone uint8, from2, to2 uint16, at int64) {
		var some []string
		for i, name := range names {
			if days>>i&1 != 0 {
				some = append(some, name)
			}
		}
		p, faults := New(Settings{Timezone: zones[int(zone)%len(zones)], Rules: []RuleSettings{
			{Name: "r", Only: OnlySettings{Hours: []HoursSettings{
				{Days: some, From: clock(from), To: clock(to)}, {From: clock(from2), To: clock(to2)},
			}}},
		}}, known())
		if len(faults.Fatal()) > 0 {
			return
		}
		const horizon = 1 << 40 // some 30,000 years: beyond it time.Time itself wraps
		p.Decide(Facts{At: time.Unix(at, 0)})
		checkUntil(t, p, time.Unix(at%horizon, 0))
	})
}

// FuzzPattern compares the matcher with a regular expression of the standard library, which is linear too.
func FuzzPattern(f *testing.F) {
	f.Add("svc-*", "svc-backup")
	f.Add("*a*a*a*a*b", "aaaaaaaaaaaaaaaa")
	f.Add(`corp\*@*`, `corp\x@y`)
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if !utf8.ValidString(name) {
			return
		}
		p, faults := New(Settings{Default: "deny", Rules: []RuleSettings{
			{Name: "r", Match: MatchSettings{Users: []string{pattern}}},
		}}, known())
		if len(faults.Fatal()) > 0 {
			return
		}
		parts := strings.Split(strings.ToLower(pattern), "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		tested := name
		if !strings.ContainsAny(pattern, `@\`) {
			tested = tested[strings.LastIndex(tested, `\`)+1:]
			tested, _, _ = strings.Cut(tested, "@")
		}
		want := regexp.MustCompile(`(?s)\A` + strings.Join(parts, ".*") + `\z`).MatchString(tested)
		if got := p.Decide(Facts{User: name}).Rule == "r"; got != want {
			t.Fatalf("%q meets %q: %v, want %v", name, pattern, got, want)
		}
	})
}
