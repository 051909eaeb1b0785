package way

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/audit/mask"
	"ivalt-radius/guard"
)

// Notice is what administrators are told of an incident. It names login names and addresses, as the evidence does; it has no secret, no
// mobile, and no e-mail address but where a login name is one.
type Notice struct {
	ID       string         `json:"id"` // the same whenever it is sent again, so that a receiver can tell
	Incident string         `json:"incident"`
	Rule     guard.Rule     `json:"rule"`
	Severity guard.Severity `json:"severity"`
	Subject  string         `json:"subject"` // guard.Subject in words
	Summary  string         `json:"summary"` // one sentence
	Count    int            `json:"count"`
	Time     time.Time      `json:"time"`
	Steps    []string       `json:"steps"`   // what was done already, or would have been
	Do       string         `json:"do"`      // what to do
	Runbook  string         `json:"runbook"` // where that is written
}

// How long the texts of a notice may be, in characters, and how many steps it may name.
const (
	longestWord = 128
	longestName = 512
	longestText = 1000
	mostSteps   = 16
)

// Plain is the notice as it may go out: each text is one line, bounded, without characters that are not seen, and the free texts without
// e-mail addresses, mobiles and keys.
func (n Notice) Plain() Notice {
	free := func(s string) string { return line(mask.Text(s), longestText) }
	n.ID, n.Incident, n.Rule = line(n.ID, longestWord), line(n.Incident, longestWord), guard.Rule(line(string(n.Rule), longestWord))
	n.Subject, n.Summary = line(n.Subject, longestName), free(n.Summary)
	n.Do, n.Runbook = free(n.Do), line(n.Runbook, longestName)
	n.Severity, n.Count, n.Time = min(n.Severity, guard.Critical), max(0, n.Count), n.Time.UTC()
	steps := make([]string, 0, mostSteps)
	for _, s := range n.Steps[:min(len(n.Steps), mostSteps)] {
		steps = append(steps, free(s))
	}
	n.Steps = steps
	return n
}

// line is a text in one line of at most so many characters. What is not printed stands there as its number, so that it is seen.
func line(s string, most int) string {
	var b strings.Builder
	for _, r := range s {
		if most--; most < 0 {
			b.WriteString("…")
			break
		}
		switch {
		case r == utf8.RuneError:
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// worst is the notice that a message is headed by.
func worst(notices []Notice) Notice {
	if len(notices) == 0 {
		return Notice{}
	}
	return slices.MaxFunc(notices, func(a, b Notice) int { return cmp.Compare(a.Severity, b.Severity) })
}

// identity is the message's: the same notices are the same message.
func identity(notices []Notice) string {
	h := sha256.New()
	for _, n := range notices {
		fmt.Fprintf(h, "%d:%s", len(n.ID), n.ID)
	}
	const octets = 16
	return hex.EncodeToString(h.Sum(nil)[:octets])
}

// document is the JSON of webhooks and commands.
func document(notices []Notice) []byte {
	body, err := json.Marshal(struct {
		Version int      `json:"version"`
		Notices []Notice `json:"notices"`
	}{1, notices})
	if err != nil {
		return []byte(`{"version":1,"notices":[]}`) // texts, numbers and a time: only a time beyond the year 9999 comes here
	}
	return body
}

// headline is the message in a few words.
func headline(notices []Notice) string {
	w := worst(notices)
	if len(notices) == 1 {
		return fmt.Sprintf("%s: %s, %s", w.Severity, w.Rule, w.Subject)
	}
	return fmt.Sprintf("%s: %d notices, the worst %s, %s", w.Severity, len(notices), w.Rule, w.Subject)
}
