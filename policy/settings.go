package policy

import "time"

// DefaultRule is the rule's name in a Decision where no rule matched; no rule may take it.
const DefaultRule = "default"

// Settings are the operator's words under the key `policy`, as written. The zero Settings ask everyone for a push.
type Settings struct {
	Timezone string // IANA zone of the windows that name none; empty: Known.Local
	Default  string // deny, require_push or exempt; empty: require_push
	Rules    []RuleSettings
	Groups   []GroupSettings
}

// RuleSettings is one element of `policy.rules`.
type RuleSettings struct {
	Name     string // unique without regard to case, not empty, not "default"
	Match    MatchSettings
	Only     OnlySettings
	Decision string      // deny, require_push or exempt; empty: require_push
	Reply    []Attribute // for the Access-Accept, already understood and encoded by the room that owns attributes

	Primary  string        // none, file, ldap or radius; empty: the client's
	Remember time.Duration // remember.for; 0: not at all
	Fail     FailSettings
}

// FailSettings say what becomes of a login where iVALT cannot be asked. The zero FailSettings deny.
type FailSettings struct {
	Mode   string        // deny, allow_remembered or insecure_allow; empty: deny
	For    time.Duration // required with allow_remembered, else a fault
	Until  string        // RFC 3339, at most 30 days behind Known.Now; required with insecure_allow, else a fault; over: a warning
	Reason string        // as Until
}

// GroupSettings is one element of `policy.groups`.
type GroupSettings struct {
	Name  string      // a group's name, without regard to case; unique; no pattern
	Reply []Attribute // as a rule's; not empty; {group} is the group, as the directory writes it
}

// MatchSettings say whom a rule is for. A nil list is a key left out and holds for everyone; a list that is there but
// empty is a fault.
type MatchSettings struct {
	Users    []string // patterns
	Groups   []string // patterns
	Clients  []string // patterns
	Networks []string // prefixes, or bare addresses
}

// OnlySettings say what must hold as well. Nil and empty lists as in MatchSettings.
type OnlySettings struct {
	Networks []string        // prefixes, or bare addresses
	Hours    []HoursSettings // any may hold; a single map is a list of one, so its faults carry the key `hours[0]`
}

// HoursSettings is one window.
type HoursSettings struct {
	Days     []string // mon to sun or the full English names, without regard to case; nil: every day; empty: a fault
	From     string   // "08:00", inclusive; "24:00" is a fault
	To       string   // "18:00" or "24:00", exclusive; before From: on the next date; equal to From: a fault
	Timezone string   // IANA zone; empty: Settings.Timezone
	Except   []string // dates such as 2026-12-25, on which no window starts
}

// Known is what New must know of the rest of the settings. With the zero Known no rule may name a group or a client.
type Known struct {
	// Canonical makes the canonical form of a login name, or refuses it. New hands it the literal text between the `*` of a
	// pattern, and Decide the non-ASCII names of groups and clients that are not listed here. It must be pure, safe for
	// concurrent use, and strings.ToLower for printable ASCII. Nil: strings.ToLower.
	Canonical func(name string) (string, error)

	Clients []string // names of the configured clients

	Groups         []string // groups that the configured sources list
	GroupsUnlisted bool     // a configured source (LDAP, say) can supply groups that nobody can list beforehand

	// LateGroups are the first factors whose groups come with their answer, when the rules have been judged: a fault about a group
	// says so.
	LateGroups []Factor

	Now   time.Time      // when New is called; the zero Time: no `insecure_allow` is taken
	Local *time.Location // the machine's zone; nil: time.Local
}
