package doctoring

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/audit/mask"
	"ivalt-radius/config"
	"ivalt-radius/config/keys"
	"ivalt-radius/doctor"
	"ivalt-radius/doctor/needs"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// hidden stands for a text that is there and not shown.
const hidden = "[MASKED]"

// hiding knows what an archive leaves out. Its pseudonyms have a key of their own, which nobody keeps: whoever made the archive finds a record again by
// its number.
type hiding struct {
	settings *config.Settings // nil: they could not be read
	faults   fault.List       // of them
	people   mask.Pseudonymizer
}

// shown are the keys whose texts are words of the program's, paths or servers. The text of every other key is hidden, so that a key which is added
// shows nothing until somebody has thought of it; numbers, durations and truths are shown of all keys.
func shown() *regexp.Regexp {
	return regexp.MustCompile(`^(listen\.(authentication|accounting|admin)` +
		`|clients\[\d+\]\.(message_authenticator|profile|calling_station_from|on_push_timeout|primary|insecure_methods|challenge)` +
		`|ivalt\.(dialect|endpoint|pending|sentinel|result|on_collision)` +
		`|primary\.(method|ldap\.schema)` +
		`|policy\.(timezone|default)|policy\.rules\[\d+\]\.(decision|primary|fail\.mode|only\.hours\[\d+\]\.(days|from|to|timezone))` +
		`|audit\.ship\[\d+\]\.(format|types)` +
		`|guard\.respond\.(low|medium|high|critical)|guard\.notify\[\d+\]\.(kind|severity))$`)
}

// redacted are the settings, key by key.
func (h hiding) redacted() map[string]string {
	out, plain := map[string]string{}, shown()
	for key, text := range h.settings.Redacted() {
		key = replyName.ReplaceAllString(key, ".reply.*")
		switch {
		case text == "" || text == secret.Redacted || harmless(text) || plain.MatchString(key):
			out[key] = text
		default:
			out[key] = hidden
		}
	}
	return out
}

// replyName is the rest of a key: an attribute's name is the operator's to choose from a list, and is of no use without its value.
var replyName = regexp.MustCompile(`\.reply\..*$`)

// harmless reports a truth, a duration, or a number that is too short for a mobile.
func harmless(text string) bool {
	const longest = 7
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return len(text) < longest
	}
	_, truth := strconv.ParseBool(text)
	_, duration := time.ParseDuration(text)
	return truth == nil || duration == nil
}

// report is the findings without what may name somebody.
func (h hiding) report(r doctor.Report) doctor.Report {
	findings := make([]doctor.Finding, len(r.Findings))
	for i, f := range r.Findings {
		f.Seen, f.Do = h.texts(f.Seen), h.texts(f.Do)
		if f.ID == doctor.SettingsLoad {
			f.Seen = nil
			for _, one := range h.faults {
				f.Seen = append(f.Seen, placeOf(one))
			}
		}
		findings[i] = f
	}
	r.Findings = findings
	return r
}

// texts scrubs sentences.
func (h hiding) texts(all []string) []string {
	out := make([]string, len(all))
	for i, text := range all {
		out[i] = h.text(text)
	}
	return out
}

// placeOf is what may be kept of a fault: its key, where that is one of the settings', and its line. Its words quote whatever stands there.
func placeOf(f fault.Fault) string {
	key := hidden
	if known := index.ReplaceAllString(f.Key, "[]"); slices.ContainsFunc(keys.All(), func(k keys.Key) bool { return k.Path == known || strings.HasPrefix(k.Path, known+".") }) {
		key = f.Key
	}
	return fmt.Sprintf("line %d: %s: %s", f.Line, key, hidden)
}

var index = regexp.MustCompile(`\[\d+\]`)

// text scrubs a sentence: names of people that the settings have, addresses, e-mails, mobiles and keys; and the directories of paths, whose last
// element says enough.
func (h hiding) text(text string) string {
	text = replaceWords(text, h.names(), h.people.User)
	text = quoted.ReplaceAllString(text, hidden)
	text = directories.ReplaceAllString(text, "…/")
	return mask.Text(mask.Addresses(text, h.people.Address))
}

var (
	quoted      = regexp.MustCompile(`"(\\.|[^"\\])*"`)
	directories = regexp.MustCompile(`/(?:[^\s/:,()]+/)+`)
)

// names are the login names that the settings hold, in users.file and in rules.
func (h hiding) names() (out []string) {
	if h.settings == nil {
		return nil
	}
	for _, p := range h.settings.Users.People {
		out = append(out, p.Name)
	}
	for _, r := range h.settings.Policy.Rules {
		out = append(out, r.Match.Users...)
	}
	return append(out, h.settings.Guard.Respond.NeverBlockUsers...)
}

// replaceWords replaces names, whatever their case, where they do not stand within a longer word. All go at once: a pseudonym may hold a name.
func replaceWords(text string, names []string, by func(name string) string) string {
	words := []string{}
	for _, name := range names {
		if strings.Trim(name, "*") != "" {
			words = append(words, regexp.QuoteMeta(name))
		}
	}
	if len(words) == 0 {
		return text
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) }) // of two that begin alike the longer one
	word, err := regexp.Compile(`(?i)(?:^|[^\pL\pN_])(` + strings.Join(words, "|") + `)(?:$|[^\pL\pN_])`)
	if err != nil {
		return hidden
	}
	var out strings.Builder
	for {
		at := word.FindStringSubmatchIndex(text)
		if at == nil {
			return out.String() + text
		}
		out.WriteString(text[:at[2]] + by(text[at[2]:at[3]]))
		text = text[at[3]:] // two in a row share what is between them
	}
}

// file is one file as the archive shows it: its last name, since directories may name people. Of a secret the size is left out, which is its length.
type file struct {
	Name string `json:"name"`
	Mode string `json:"mode"`
	UID  int    `json:"uid"`
	Size int64  `json:"size,omitempty"`
}

func (h hiding) files(all []doctor.File, unseen []string) map[string]any {
	out := make([]file, len(all))
	for i, f := range all {
		out[i] = file{Name: h.text(filepath.Base(f.Path)), Mode: f.Mode.String(), UID: f.UID}
		if f.Role != doctor.SecretFile && f.Role != doctor.PeopleFile && !f.Mode.IsDir() {
			out[i].Size = f.Size
		}
	}
	return map[string]any{"files": out, "unseen": len(unseen)}
}

// socket is one socket as the archive shows it: addresses of this host as they are where they are nobody's, and pseudonyms of all peers.
type socket struct {
	Protocol needs.Protocol `json:"protocol"`
	Local    string         `json:"local"`
	Remote   string         `json:"remote,omitempty"`
	Process  string         `json:"process"`
}

func (h hiding) sockets(f doctor.Fact[doctor.Sockets]) map[string]any {
	show := func(all []doctor.Socket) []socket {
		out := make([]socket, len(all))
		for i, s := range all {
			out[i] = socket{Protocol: s.Protocol, Local: h.address(s.Local), Remote: h.address(s.Remote), Process: h.text(s.Name)}
		}
		return out
	}
	return map[string]any{"listening": show(f.Value.Listening), "server": show(f.Value.Ours.Value)}
}

func (h hiding) address(at netip.AddrPort) string {
	switch {
	case !at.IsValid():
		return ""
	case at.Addr().IsLoopback() || at.Addr().IsUnspecified():
		return network(at)
	}
	return h.people.Address(at.Addr().String()) + ":" + strconv.Itoa(int(at.Port()))
}
