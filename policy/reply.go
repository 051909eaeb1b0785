package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ivalt-radius/secret"
)

// groupReply is what the people of one group get.
type groupReply struct {
	name  string // canonical
	reply []Attribute
}

// part is one attribute of a reply, and where it comes from.
type part struct {
	attribute Attribute
	from      string // in words
	failed    error  // why it has no octets; nil where it has
}

// level is one source of a reply.
type level struct {
	from  string
	reply []Attribute
	group string // what {group} is; empty where there is none
}

// errNoGroup is why a template stays empty.
var errNoGroup = errors.New("no group stands for {group} here")

// reply is the Access-Accept's, complete. It allocates only where a person or a group has a word in it, or the rule a template.
func (p *Policy) reply(r *rule, s *subject, who person) []Attribute {
	if len(who.reply) == 0 && !r.templates && !p.groupReplies(s) {
		return r.reply
	}
	parts := p.compose(r, s, who)
	out := make([]Attribute, len(parts))
	for i := range parts {
		out[i] = parts[i].attribute
	}
	return out
}

// groupReplies reports that one of the person's groups has a reply.
func (p *Policy) groupReplies(s *subject) bool {
	for i := range p.groups {
		if slices.Contains(s.groups, p.groups[i].name) {
			return true
		}
	}
	return false
}

// compose makes the reply of its sources. Of each attribute name, whatever its case, the strongest source alone counts, with all its values:
// the person, then the groups in the settings' order, then the rule. The names stand in the order in which the rule, the groups
// and the person first have them.
func (p *Policy) compose(r *rule, s *subject, who person) []part {
	levels := p.levels(r, s, who)
	var out []part
	var done []string
	for _, l := range levels {
		for _, a := range l.reply {
			if slices.ContainsFunc(done, func(name string) bool { return strings.EqualFold(name, a.Name) }) {
				continue
			}
			done = append(done, a.Name)
			out = append(out, strongest(levels, a.Name)...)
		}
	}
	return out
}

// levels are the sources of a login's reply, in the order in which their attributes stand.
func (p *Policy) levels(r *rule, s *subject, who person) []level {
	out := []level{{from: fmt.Sprintf("rule %q", r.name), reply: r.reply, group: r.group(s, who)}}
	for i := range p.groups {
		if at := slices.Index(s.groups, p.groups[i].name); at >= 0 {
			out = append(out, level{from: fmt.Sprintf("group %q", who.groups[at]), reply: p.groups[i].reply, group: who.groups[at]})
		}
	}
	return append(out, level{from: "person", reply: who.reply})
}

// strongest are the attributes of a name from the level that wins: the last, the person's; then the first behind the rule's.
func strongest(levels []level, name string) []part {
	rule, groups, person := levels[:1], levels[1:len(levels)-1], levels[len(levels)-1:]
	for _, l := range slices.Concat(person, groups, rule) {
		var out []part
		for _, a := range l.reply {
			if strings.EqualFold(a.Name, name) {
				out = append(out, l.part(a))
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}

// part fills an attribute where it is a template. One that cannot be filled is left without octets.
func (l level) part(a Attribute) part {
	if a.Fill == nil {
		return part{attribute: a, from: l.from}
	}
	err := errNoGroup
	if l.group != "" {
		var filled Attribute
		if filled, err = a.Fill(l.group); err == nil {
			filled.Fill = nil
			return part{attribute: filled, from: l.from}
		}
	}
	a.Wire, a.Sealed, a.Fill = nil, secret.Secret{}, nil
	return part{attribute: a, from: l.from, failed: err}
}

// group is what {group} stands for in a rule's reply: the first of the person's groups, in the directory's order and spelling, that
// meets match.groups. Empty where the rule has none.
func (r *rule) group(s *subject, who person) string {
	for i, group := range s.groups {
		if r.groups.match(group) {
			return who.groups[i]
		}
	}
	return ""
}

// ownReply keeps a reply of the settings, so that no append by a caller reaches the next login.
func ownReply(reply []Attribute) []Attribute {
	if len(reply) == 0 {
		return nil
	}
	return slices.Clip(slices.Clone(reply))
}

// template is the name of the first attribute that holds {group}; empty where none does.
func template(reply []Attribute) string {
	for i := range reply {
		if reply[i].Fill != nil {
			return reply[i].Name
		}
	}
	return ""
}

// ruleReply reads a rule's reply.
func (r *reader) ruleReply(path string, s RuleSettings, out *rule) {
	out.reply = ownReply(s.Reply)
	name := template(s.Reply)
	out.templates = name != ""
	if out.templates && s.Match.Groups == nil {
		r.faults.Add(path+".reply."+name, "holds {group}, but the rule has no match.groups: name the groups that it may be, or write the value out")
	}
}

// groupList reads `policy.groups`.
func (r *reader) groupList(path string, list []GroupSettings) []groupReply {
	out := make([]groupReply, 0, len(list))
	seen := map[string]string{}
	for i, s := range list {
		at := index(path, i)
		name := r.groupName(at+".name", s.Name)
		if first, taken := seen[name]; taken && name != "" {
			r.faults.Add(at+".name", "%q is the group of %s too; write its attributes together", s.Name, first)
		}
		seen[name] = at
		if len(s.Reply) == 0 {
			r.faults.Add(at+".reply", "is empty: write what the group's people get, or remove the group")
		}
		out = append(out, groupReply{name: name, reply: ownReply(s.Reply)})
	}
	return out
}

// groupName reads a plain group's name and gives its canonical form.
func (r *reader) groupName(path, text string) string {
	p, err := parsePattern(text, func(part string) (string, error) { return r.names.fold(part), nil })
	switch {
	case err != nil:
		r.faults.Add(path, "%q %s", text, err)
	case p.open:
		r.faults.Add(path, "%q holds *: name one group; a rule with match.groups can hold a reply for several", text)
	default:
		r.supplied(path, &p)
		return p.prefix
	}
	return ""
}

// supplied refuses a group that no source can name before the rules are judged.
func (r *reader) supplied(path string, p *pattern) {
	if r.unlisted || slices.ContainsFunc(r.groups, p.match) {
		return
	}
	why := ""
	for _, f := range r.late {
		switch f {
		case RADIUSFactor:
			why += "; those of an upstream RADIUS server come with its answer, after the rules have been judged, and cannot be named"
		case LDAPFactor:
			why += "; LDAP without a search account (primary.ldap.bind_dn) tells them after the rules have been judged, so they cannot be named"
		case NoFactor, FileFactor:
		}
	}
	r.faults.Add(path, "no configured source can supply a group %q%s", p.text, why)
}
