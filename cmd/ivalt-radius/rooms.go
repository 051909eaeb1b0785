package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ivalt-radius/audit/keep"
	"ivalt-radius/audit/ship"
	"ivalt-radius/auth"
	"ivalt-radius/auth/rewrite"
	"ivalt-radius/cmd/ivalt-radius/factors"
	"ivalt-radius/cmd/ivalt-radius/guarding"
	"ivalt-radius/cmd/ivalt-radius/sharing"
	"ivalt-radius/cmd/ivalt-radius/shipping"
	"ivalt-radius/cmd/ivalt-radius/sources"
	"ivalt-radius/cmd/ivalt-radius/window"
	"ivalt-radius/config"
	"ivalt-radius/directory"
	"ivalt-radius/directory/password"
	"ivalt-radius/fault"
	"ivalt-radius/ivalt"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/policy"
	"ivalt-radius/radius"
	"ivalt-radius/radius/attribute"
	"ivalt-radius/state"
)

// rooms are the settings as each room understands them: everything that a reload swaps. The rules go with radius's clients.
type rooms struct {
	policy  *policy.Policy
	sources *sources.Sources
	rules   *auth.Rules
	rewrite rewrite.Rules
	radius  radius.Settings
	ivalt   ivalt.Settings
	ship    ship.Plan
}

// understand hands the settings to the rooms that own their meaning, and gathers all their faults, with lines. It is told the
// faults of config, so that no room finds fault with what only follows from them.
func understand(s *config.Settings, before fault.List, verifier *password.Verifier) (rooms, fault.List) {
	var r rooms
	var found fault.List
	people, faults := entries(s.Users.People)
	r.sources, found = sources.New(s, people, verifier)
	faults = append(faults, found...)
	unread := slices.ContainsFunc(slices.Concat(before, faults), func(f fault.Fault) bool { return !f.Warning && ofPeople(s, f) })

	rules, found := policySettings(s)
	faults = append(faults, found...)
	others := known(s, r.sources.People)
	others.GroupsUnlisted = others.GroupsUnlisted || unread // nobody knows which groups a users.file has that could not be read
	r.policy, found = policy.New(rules, others)
	faults = append(faults, found...)
	faults = append(faults, factors.Check(s, r.policy)...)

	r.rewrite, found = rewrites(s)
	faults = append(faults, found...)

	r.rules = &auth.Rules{
		Policy: r.policy, Directory: r.sources.Directory, Primaries: r.sources.Primaries, MaxAttempts: s.MaxAttempts,
		Waits: r.sources.Waits, DirectoryWaits: r.sources.DirectoryWaits,
		LateCredit: s.IVALT.LateCredit, InsecureLateCredit: s.IVALT.InsecureLateCredit,
		ChallengeFor: s.IVALT.ApprovalTimeout, Enrolment: s.Users.EnrolmentMessage,
	}
	if len(s.Users.Rewrite) > 0 {
		r.rules.Rewrite = r.rewrite.Apply
	}
	r.radius = radiusSettings(s, r.rules)
	faults = append(faults, radius.Check(r.radius)...)
	faults = append(faults, guarding.Check(s)...)
	faults = append(faults, sharing.Check(s)...)
	faults = append(faults, window.Check(s, time.Now())...)
	faults = append(faults, keep.Check(s.Audit.File, s.Audit.Archive)...)
	r.ivalt = ivaltSettings(s)
	faults = append(faults, r.ivalt.Check()...)
	r.ship, found = shipping.Understand(s)
	faults = append(faults, found...)

	if len(faults.Fatal()) == 0 {
		faults = append(faults, factors.Strangers(s, r.policy, others.Now)...)
	}
	return r, s.Locate(faults)
}

// entries are the people with their reply attributes encoded.
func entries(people []config.Person) ([]directory.Entry, fault.List) {
	var faults fault.List
	out := make([]directory.Entry, len(people))
	for i, p := range people {
		compiled, found := reply(p.Reply, config.PersonKey(p.Name)+".reply")
		faults = append(faults, found...)
		for _, a := range compiled {
			if a.Fill != nil {
				faults.Add(config.PersonKey(p.Name)+".reply."+a.Name, "{group} is for rules and groups: a person may have many")
			}
		}
		out[i] = directory.Entry{Name: p.Name, Email: p.Email, Mobiles: p.Mobile, Groups: p.Groups, Password: p.Password, NTHash: p.NTHash, Reply: compiled}
	}
	return out, faults
}

// ofPeople reports a fault of users.file, by its key or by the file.
func ofPeople(s *config.Settings, f fault.Fault) bool {
	return strings.HasPrefix(f.Key, "users.file") || f.File != "" && f.File == s.Users.File
}

// known tells policy what the other rooms know.
func known(s *config.Settings, people *directory.People) policy.Known {
	k := policy.Known{
		Canonical: func(name string) (string, error) {
			u, err := auth.ParseUsername(name)
			return u.String(), err
		},
		Now: time.Now(),
	}
	if ldap := s.Primary.LDAP; len(ldap.URLs) > 0 {
		// Without a search account nobody can be asked about a person who has not logged in yet.
		if ldap.UserDN != "" && ldap.BindDN == "" {
			k.LateGroups = append(k.LateGroups, policy.LDAPFactor)
		} else {
			k.GroupsUnlisted = true
		}
	}
	if s.FactorKeys(string(policy.RADIUSFactor)) != nil {
		k.LateGroups = append(k.LateGroups, policy.RADIUSFactor)
	}
	for _, c := range s.Clients {
		k.Clients = append(k.Clients, c.Name)
	}
	if people != nil {
		k.Groups = people.Groups()
	}
	return k
}

// rewrites are `users.rewrite`, understood.
func rewrites(s *config.Settings) (rewrite.Rules, fault.List) {
	rules := make([]rewrite.Settings, len(s.Users.Rewrite))
	for i, r := range s.Users.Rewrite {
		rules[i] = rewrite.Settings{From: r.From, To: r.To}
	}
	return rewrite.New(rules)
}

// policySettings are the rules and groups with their reply attributes encoded.
func policySettings(s *config.Settings) (policy.Settings, fault.List) {
	var faults fault.List
	out := policy.Settings{Timezone: s.Policy.Timezone, Default: s.Policy.Default}
	for i, rule := range s.Policy.Rules {
		p := policy.RuleSettings{
			Name: rule.Name, Decision: rule.Decision,
			Match: policy.MatchSettings{
				Users: rule.Match.Users, Groups: rule.Match.Groups, Clients: rule.Match.Clients,
				Networks: texts(rule.Match.Networks),
			},
			Only:    policy.OnlySettings{Networks: texts(rule.Only.Networks), Hours: hours(rule.Only.Hours)},
			Primary: rule.Primary, Remember: rule.Remember.For,
			Fail: policy.FailSettings{Mode: rule.Fail.Mode, For: rule.Fail.For, Until: rule.Fail.Until, Reason: rule.Fail.Reason},
		}
		var found fault.List
		p.Reply, found = reply(rule.Reply, fmt.Sprintf("policy.rules[%d].reply", i))
		faults = append(faults, found...)
		out.Rules = append(out.Rules, p)
	}
	for i, group := range s.Policy.Groups {
		compiled, found := reply(group.Reply, fmt.Sprintf("policy.groups[%d].reply", i))
		faults = append(faults, found...)
		out.Groups = append(out.Groups, policy.GroupSettings{Name: group.Name, Reply: compiled})
	}
	return out, faults
}

// replyLimit is what the attributes of one rule or group may have together, in octets: a packet has 4,096 (RFC 2865 section 3), of which
// the header, Message-Authenticator, Reply-Message, Session-Timeout and the request's Proxy-States take their part.
const replyLimit = 3800

// sealed is what an attribute grows by, at most, where it travels encrypted (RFC 2868 section 3.5): salt, length and padding.
const sealed = 2 + 1 + 15

// reply encodes the attributes of one rule or group.
func reply(attributes []config.Attribute, path string) ([]policy.Attribute, fault.List) {
	var faults fault.List
	var out []policy.Attribute
	octets := 0
	for _, a := range attributes {
		compiled, err := attribute.Compile(a.Name, a.Values)
		if err != nil {
			faults.Add(path+"."+a.Name, "%v", err)
		}
		for _, c := range compiled {
			octets += len(c.Wire)
			if n := c.Sealed.Len(); n > 0 {
				octets += n + sealed
			}
		}
		out = append(out, compiled...)
	}
	if octets > replyLimit {
		faults.Add(path, "the attributes have %d octets together; %d fit an answer", octets, replyLimit)
	}
	return out, faults
}

func hours(windows []config.Window) []policy.HoursSettings {
	if windows == nil {
		return nil
	}
	out := make([]policy.HoursSettings, 0, len(windows)) // a list that is there but empty is policy's to refuse
	for _, w := range windows {
		out = append(out, policy.HoursSettings{Days: w.Days, From: w.From, To: w.To, Timezone: w.Timezone, Except: w.Except})
	}
	return out
}

// texts writes addresses and prefixes out; nil stays nil, which means "everywhere".
func texts[T fmt.Stringer](values []T) []string {
	if values == nil {
		return nil
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.String()
	}
	return out
}

func radiusSettings(s *config.Settings, rules *auth.Rules) radius.Settings {
	out := radius.Settings{
		Authentication: texts(s.Listen.Authentication), Accounting: texts(s.Listen.Accounting),
		MaxAttempts: s.MaxAttempts, RejectDelay: s.RejectDelay,
	}
	first := s.Factors()
	for i, c := range s.Clients {
		given := func(key string) bool { return s.Given(fmt.Sprintf("clients[%d].%s", i, key)) }
		r := radius.ClientSettings{
			Name: c.Name, Networks: texts(c.Networks), Secrets: c.Secrets, MessageAuthenticator: c.MessageAuthenticator,
			OmitMessageAuthenticator: c.InsecureOmitMessageAuthenticator, Profile: c.Profile, AnswerWithin: c.AnswerWithin, Rules: rules,
			IgnoreStatusServer: !s.StatusServer || !c.StatusServer, Factor: policy.Factor(first[i]),
			InsecureMethods: c.InsecureMethods, Challenge: c.Challenge, DisconnectPort: uint16(c.DisconnectPort), SessionEnd: c.SessionEnd, //nolint:gosec // config bounds it
		}
		if given("calling_station_from") {
			r.CallingStationFrom = c.CallingStationFrom
		}
		if given("on_push_timeout") {
			r.OnPushTimeout = c.OnPushTimeout
		}
		if given("join_without_calling_station") {
			r.JoinWithoutCallingStation = &c.JoinWithoutCallingStation
		}
		out.Clients = append(out.Clients, r)
	}
	return out
}

func ivaltSettings(s *config.Settings) ivalt.Settings {
	return ivalt.Settings{
		API: gateway.Settings{
			URL: s.IVALT.URL, Dialect: s.IVALT.Dialect, Endpoint: s.IVALT.Endpoint, Pending: s.IVALT.Pending,
			APIKey: s.IVALT.APIKey, SigningSecret: s.IVALT.SigningSecret, CAFile: s.IVALT.CAFile, OwnRoots: !s.IVALT.SystemRoots,
			Pins: s.IVALT.Pins, Proxy: s.IVALT.Proxy, SendClientAddress: s.IVALT.SendClientAddress,
			Connections: s.IVALT.Connections, Version: version,
		},
		ApprovalTimeout: s.IVALT.ApprovalTimeout, Sentinel: s.IVALT.Sentinel, Result: s.IVALT.Result, OnCollision: s.IVALT.OnCollision, AllowMissingDetails: s.IVALT.AllowMissingDetails,
		Limits: state.Limits{
			PerSecond: s.IVALT.Limits.PerSecond, PerMinute: s.IVALT.Limits.PerMinute, PerHour: s.IVALT.Limits.PerHour,
		},
		RequestFrom: s.IVALT.RequestFrom,
	}
}
