package respond

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/fault"
	"ivalt-radius/guard"
)

// The steps, as settings and incidents name them.
const (
	notifyStep     = "notify"
	watchStep      = "watch"
	blockStep      = "block"
	disconnectStep = "disconnect"
)

// Settings are those of guard.respond. The zero Settings takes no step.
type Settings struct {
	Low, Medium, High, Critical []string
	DryRun                      bool // block and disconnect are only written down
	BlockFor                    time.Duration
	NeverBlockUsers             []string // `*` stands for any run of characters
	NeverBlockNetworks          []netip.Prefix
	Clients                     []netip.Prefix // the networks of all clients
}

// Check says what is wrong with the settings, by their key paths.
func (s Settings) Check() fault.List {
	_, faults := s.understand()
	return faults
}

// plan is the settings understood.
type plan struct {
	Settings
	spared []pattern
}

func (s Settings) understand() (plan, fault.List) {
	var faults fault.List
	for severity := guard.Low; severity <= guard.Critical; severity++ {
		list := s.steps(severity)
		for i, step := range list {
			key := fmt.Sprintf("guard.respond.%s[%d]", severity, i)
			if !slices.Contains([]string{notifyStep, watchStep, blockStep, disconnectStep}, step) {
				faults.Add(key, "%q is no step: write notify, watch, block or disconnect", step)
			} else if slices.Contains(list[:i], step) {
				faults.Add(key, "%s is there twice", step)
			}
		}
	}
	p := plan{Settings: s}
	for i, text := range s.NeverBlockUsers {
		read, err := parsePattern(text)
		if err != nil {
			faults.Add(fmt.Sprintf("guard.respond.never_block_users[%d]", i), "%q: %v", text, err)
			continue
		}
		p.spared = append(p.spared, read)
	}
	return p, faults
}

// steps are those of a severity.
func (s Settings) steps(severity guard.Severity) []string {
	switch severity {
	case guard.Critical:
		return s.Critical
	case guard.High:
		return s.High
	case guard.Medium:
		return s.Medium
	case guard.Low:
	}
	return s.Low
}

// sparesUser reports a canonical name that no automatic step touches. A pattern without a realm speaks of the name without one, too.
func (p *plan) sparesUser(name string) bool {
	local := name
	if user, err := auth.ParseUsername(name); err == nil {
		local = user.Local()
	}
	return slices.ContainsFunc(p.spared, func(x pattern) bool { return x.match(name) || !x.realm && x.match(local) })
}

// within reports that a block of the address would touch one of the networks.
func within(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, guard.Network(a).Overlaps)
}

// pattern is a name with `*` for any run of characters: its literal parts, in canonical form.
type pattern struct {
	parts []string
	realm bool // it speaks of a realm
}

func parsePattern(text string) (p pattern, err error) {
	p.parts = strings.Split(text, "*")
	p.realm = strings.ContainsAny(text, `@\`)
	for i, part := range p.parts {
		core := strings.Trim(part, " ") // "anna *": no canonical form has a blank at an end
		if core == "" && len(p.parts) > 1 {
			continue
		}
		name, err := auth.ParseUsername(core)
		if err != nil {
			return p, err
		}
		p.parts[i] = strings.Replace(part, core, name.String(), 1)
	}
	return p, nil
}

// match reports a name that meets the pattern, in linear time: the leftmost place of each part leaves the most room for the rest.
func (p pattern) match(name string) bool {
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if len(p.parts) == 1 {
		return name == first
	}
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	rest := name[len(first) : len(name)-len(last)]
	for _, part := range p.parts[1 : len(p.parts)-1] {
		_, behind, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = behind
	}
	return true
}
