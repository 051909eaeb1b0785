package policy

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ivalt-radius/fault"
)

// root is the key that every fault's path begins with.
const root = "policy"

// New understands the operator's settings. It tells all faults and warnings together, in the settings' order, with key paths
// such as "policy.rules[2].only.hours[0].from". The Policy is nil, which denies, where any fault is no warning.
func New(s Settings, k Known) (*Policy, fault.List) {
	r := newReader(k)
	r.zone = r.location(root+".timezone", s.Timezone, r.zone)
	p := &Policy{names: r.names}
	p.fallback = r.action(root+".default", s.Default)
	if p.fallback == Exempt {
		r.faults.Warn(root+".default", "lets in without a push everyone whom no rule names")
	}
	for i, rs := range s.Rules {
		p.rules = append(p.rules, r.rule(index(root+".rules", i), rs))
	}
	r.unreachable(p.rules)
	p.groups = r.groupList(root+".groups", s.Groups)
	if len(r.faults.Fatal()) > 0 {
		return nil, r.faults
	}
	return p, r.faults
}

// reader is what reading the settings needs at every step, and the faults found so far.
type reader struct {
	faults   fault.List
	names    names
	clients  []string // canonical
	groups   []string // canonical
	unlisted bool     // groups may exist that are not listed
	late     []Factor // sources of groups that come too late
	now      time.Time
	seen     map[string]string
	local    *time.Location
	zone     *time.Location // of windows that name none
	zones    map[string]*time.Location
}

func newReader(k Known) *reader {
	r := &reader{
		names: newNames(k), unlisted: k.GroupsUnlisted, late: k.LateGroups, now: k.Now, local: k.Local,
		seen: make(map[string]string), zones: make(map[string]*time.Location),
	}
	if r.local == nil {
		r.local = time.Local
	}
	r.zone = r.local
	for _, c := range k.Clients {
		r.clients = append(r.clients, r.names.canon(c))
	}
	for _, g := range k.Groups {
		r.groups = append(r.groups, r.names.canon(g))
	}
	return r
}

// index is the path of a list's element.
func index(path string, i int) string {
	return path + "[" + strconv.Itoa(i) + "]"
}

// quoted lists texts for a sentence.
func quoted(texts []string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = strconv.Quote(t)
	}
	return strings.Join(out, ", ")
}

func (r *reader) rule(path string, s RuleSettings) rule {
	r.ruleName(path+".name", s.Name)
	out := rule{name: s.Name, action: r.action(path+".decision", s.Decision)}
	out.users = r.users(path+".match.users", s.Match.Users)
	out.groups = r.groupPatterns(path+".match.groups", s.Match.Groups)
	out.clients = r.clientPatterns(path+".match.clients", s.Match.Clients)
	out.networks = r.networks(path+".match.networks", s.Match.Networks)
	out.onlyNetworks = r.networks(path+".only.networks", s.Only.Networks)
	out.onlyHours = r.hours(path+".only.hours", s.Only.Hours)
	r.ruleReply(path, s, &out)
	r.push(path, s, &out)
	if s.Decision == Deny.String() { // not where an unknown word stands: that is a fault of its own
		r.denyWarnings(path, &out)
	}
	return out
}

// denyWarnings tells what an operator may expect of a deny rule in vain.
func (r *reader) denyWarnings(path string, d *rule) {
	if d.networks != nil {
		r.faults.Warn(path+".match.networks",
			"a login whose NAS names no address escapes this deny; deny by default and allow the good networks with only.networks")
	}
	for _, c := range []clause{onlyNetworks, onlyHours} {
		if d.has(c) {
			r.faults.Warn(path+"."+c.key(),
				"changes nothing: this rule denies whom it matches, whether this holds or not; leave it out")
		}
	}
	if d.reply != nil {
		r.faults.Warn(path+".reply", "is never sent: this rule denies; leave it out")
	}
}

func (r *reader) ruleName(path, name string) {
	folded := strings.ToLower(name)
	first, taken := r.seen[folded]
	switch {
	case name == "":
		r.faults.Add(path, "a rule needs a name, for logs and explain")
	case strings.TrimSpace(name) != name || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }):
		r.faults.Add(path, "%q holds characters that logs cannot show plainly, or blanks at its ends", name)
	case folded == DefaultRule:
		r.faults.Add(path, "%q is the name that logs give to policy.default; choose another", name)
	case taken:
		r.faults.Add(path, "%q is the name of %s too; each rule needs its own", name, first)
	default:
		r.seen[folded] = strings.TrimSuffix(path, ".name")
	}
}

func (r *reader) action(path, word string) Action {
	switch word {
	case "", RequirePush.String():
		return RequirePush
	case Deny.String():
		return Deny
	case Exempt.String():
		return Exempt
	}
	r.faults.Add(path, "%q is no decision: write deny, require_push or exempt", word)
	return Deny
}

// stated tells a key left out (nil) from a list that is there and empty, which can only be a slip.
func stated[T any](r *reader, path string, list []T, empty string) bool {
	if list != nil && len(list) == 0 {
		r.faults.Add(path, "is an empty list, which %s: leave the key out, or fill it", empty)
	}
	return len(list) > 0
}

func (r *reader) users(path string, texts []string) []userPattern {
	if !stated(r, path, texts, "matches nobody") {
		return nil
	}
	out := make([]userPattern, 0, len(texts))
	for i, text := range texts {
		p, err := parsePattern(text, r.names.user)
		if err != nil {
			r.faults.Add(index(path, i), "%q can be no login name: %s", text, err)
			continue
		}
		out = append(out, userPattern{pattern: p, whole: p.qualified()})
	}
	return out
}

func (r *reader) groupPatterns(path string, texts []string) patterns {
	return r.patterns(path, texts, r.supplied)
}

func (r *reader) clientPatterns(path string, texts []string) patterns {
	return r.patterns(path, texts, func(path string, p *pattern) {
		switch {
		case slices.ContainsFunc(r.clients, p.match):
		case p.open:
			r.faults.Warn(path, "%q meets the name of no configured client", p.text)
		default:
			r.faults.Add(path, "there is no client %q", p.text)
		}
	})
}

// patterns reads a list of group or client patterns and has each of them checked.
func (r *reader) patterns(path string, texts []string, check func(path string, p *pattern)) patterns {
	if !stated(r, path, texts, "matches nobody") {
		return nil
	}
	out := make(patterns, 0, len(texts))
	for i, text := range texts {
		p, err := parsePattern(text, func(part string) (string, error) { return r.names.fold(part), nil })
		if err != nil {
			r.faults.Add(index(path, i), "%q %s", text, err)
			continue
		}
		check(index(path, i), &p)
		out = append(out, p)
	}
	return out
}

func (r *reader) networks(path string, texts []string) networks {
	if !stated(r, path, texts, "holds no address") {
		return nil
	}
	out := make(networks, 0, len(texts))
	for i, text := range texts {
		prefix, err := parsePrefix(text)
		if err != nil {
			r.faults.Add(index(path, i), "%s", err)
			continue
		}
		out = append(out, prefix)
	}
	return out
}

// unreachable warns of rules behind one that matches every login.
func (r *reader) unreachable(rules []rule) {
	for i := range rules {
		if !r.everyone(&rules[i]) {
			continue
		}
		for j := i + 1; j < len(rules); j++ {
			r.faults.Warn(index(root+".rules", j), "is never reached: rule %q before it matches every login", rules[i].name)
		}
		return
	}
}

// everyone reports a rule that every login meets.
func (r *reader) everyone(d *rule) bool {
	clients := d.clients == nil || d.clients.everything() ||
		len(r.clients) > 0 && !slices.ContainsFunc(r.clients, func(c string) bool { return !d.clients.match(c) })
	return clients && d.anybody()
}
