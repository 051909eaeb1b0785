package rewrite

import (
	"fmt"
	"regexp"
	"strconv"

	"ivalt-radius/auth"
	"ivalt-radius/fault"
)

// Settings is one element of `users.rewrite`.
type Settings struct {
	From string // a regular expression (RE2) that the whole canonical name must meet, whatever its case
	To   string // what stands in its place; $1 or ${name} is what a group of From met
}

// Rules make one name of many: in order, each on the former's result. The zero Rules change nothing. They are never
// changed, and safe for concurrent use.
type Rules struct{ rules []rule }

type rule struct {
	from *regexp.Regexp
	to   string
	text string
}

// reference is what `To` may hold: $1, $name, ${name} and $$.
var reference = regexp.MustCompile(`\$(?:(\$)|(\w+)|\{(\w+)\})|\$`)

// New understands `users.rewrite`; the keys of the faults begin with that.
func New(settings []Settings) (Rules, fault.List) {
	var faults fault.List
	var r Rules
	for i, s := range settings {
		path := fmt.Sprintf("users.rewrite[%d]", i)
		from, err := regexp.Compile(`(?is)\A(?:` + s.From + `)\z`)
		if _, alone := regexp.Compile(s.From); err != nil || alone != nil || s.From == "" {
			faults.Add(path+".from", "%#q is no regular expression; a backslash of the name is written as two, in single quotes, as in 'corp\\\\(.+)'", s.From)
			continue
		}
		if wrong := unknownReference(from, s.To); wrong != "" {
			faults.Add(path+".to", "%s refers to no group of %#q; write ${1} where letters or digits follow, and $$ for a dollar", wrong, s.From)
		}
		if s.To == "" {
			faults.Add(path+".to", "is empty: a login needs a name")
		}
		r.rules = append(r.rules, rule{from: from, to: s.To, text: s.From})
	}
	return r, faults
}

// unknownReference is the first reference that would be filled with nothing.
func unknownReference(from *regexp.Regexp, to string) string {
	for _, found := range reference.FindAllStringSubmatch(to, -1) {
		name := found[2] + found[3]
		n, err := strconv.Atoi(name)
		switch {
		case found[1] != "":
		case name == "", err == nil && n > from.NumSubexp(), err != nil && from.SubexpIndex(name) < 0:
			return found[0]
		}
	}
	return ""
}

// Apply rewrites a name. The error is identity.ErrUsername where a rule makes something of it that names nobody.
func (r Rules) Apply(user auth.Username) (auth.Username, error) {
	for i := range r.rules {
		var err error
		if user, _, err = r.rules[i].apply(user); err != nil {
			return auth.Username{}, err
		}
	}
	return user, nil
}

func (r *rule) apply(user auth.Username) (after auth.Username, met bool, err error) {
	at := r.from.FindStringSubmatchIndex(user.String())
	if at == nil {
		return user, false, nil
	}
	text := string(r.from.ExpandString(nil, r.to, user.String(), at))
	if after, err = auth.ParseUsername(text); err != nil {
		return auth.Username{}, true, fmt.Errorf("rewriting %q by %q: %w", user.String(), r.text, err)
	}
	return after, true, nil
}

// Step is what one rule made of a name.
type Step struct {
	From  string        // the rule
	Met   bool          // the name meets it
	After auth.Username // the name behind it
	Err   error         // it names nobody: the login ends here as `bad_request`
}

// Steps tells what Apply does, rule by rule.
func (r Rules) Steps(user auth.Username) []Step {
	steps := make([]Step, 0, len(r.rules))
	for i := range r.rules {
		after, met, err := r.rules[i].apply(user)
		steps = append(steps, Step{From: r.rules[i].text, Met: met, After: after, Err: err})
		if err != nil {
			break
		}
		user = after
	}
	return steps
}
