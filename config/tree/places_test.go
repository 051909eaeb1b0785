package tree

import (
	"testing"

	"ivalt-radius/fault"
)

func TestLocate(t *testing.T) {
	var faults fault.List
	r := reader(&faults)
	text := sound + `policy:
  rules:
    - name: one
      match: {users: [a,
        b]}
      only:
        hours: {days: [mon],
          from: 08:00}
      reply:
        Vendor-Specific.9.1: x
users: {file: people.yaml}
`
	if _, ok := r.Settings([]byte(text), []string{"IVALT_RADIUS_POLICY__TIMEZONE=Nowhere"}); !ok || len(faults) != 0 {
		t.Fatal(faults)
	}
	people := &Reader{Schema: NewSchema([]Key{{Path: "mobile"}}), File: "people.yaml", Faults: &faults, Places: r.Places}
	people.Entries([]byte("x: {}\na.b:\n  mobile: 1\n"), "users.file", func(name string) string { return "users.file: \"" + name + "\"" })
	for _, c := range []struct {
		key, file string
		line      int
	}{
		{"policy.rules[0].only.hours[0].from", "", 13},
		{"policy.rules[0].only.hours[0].days[0]", "", 12},
		{"policy.rules[0].only.hours[0].to", "", 12},
		{"policy.rules[0].only.hours[0]", "", 12},
		{"policy.rules[0].match.users[1]", "", 10},
		{"policy.rules[0].match.users[7]", "", 9},
		{"policy.rules[0].reply.Vendor-Specific.9.1", "", 15},
		{"policy.rules[0].reply.Filter-Id", "", 14},
		{"policy.rules[0].decision", "", 8},
		{"policy.timezone", "environment variable IVALT_RADIUS_POLICY__TIMEZONE", 0},
		{`users.file: "a.b".mobile`, "people.yaml", 3},
		{`users.file: "a.b".email`, "people.yaml", 2},
		{`users.file: "c.d".email`, "", 16},
		{"clients[0].url", "", 2},
		{"audit.file", "", 0},
		{"", "", 0},
	} {
		got := r.Places.Locate(fault.List{{Key: c.key, Message: "m"}})
		if len(got) != 1 || got[0].Line != c.line || got[0].File != c.file || got[0].Message != "m" {
			t.Errorf("%s: %v, want line %d of %q", c.key, got, c.line, c.file)
		}
	}
	kept := fault.List{{Key: "policy.rules[0]", Line: 99}, {Key: "policy.rules[0]", File: "x"}}
	if got := r.Places.Locate(kept); got[0].Line != 99 || got[1].File != "x" || got[1].Line != 0 {
		t.Errorf("a known place was changed: %v", got)
	}
}

func TestWhereAKeyIsWritten(t *testing.T) {
	var faults fault.List
	r := reader(&faults)
	r.Settings([]byte(sound), []string{"IVALT_RADIUS_CLIENTS__0__SECRETS=a,b", "IVALT_RADIUS_ON=true"})
	for _, c := range []struct {
		key              string
		has, environment bool
	}{
		{"clients[0].secrets", true, true},
		{"clients[0].secrets[1]", false, true},
		{"clients[0].name", true, false},
		{"clients[0].url", false, false},
		{"on", true, true},
		{"max_attempts", false, false},
	} {
		if has, env := r.Places.Has(c.key), r.Places.FromEnvironment(c.key); has != c.has || env != c.environment {
			t.Errorf("%s: written %v, by the environment %v", c.key, has, env)
		}
	}
}
