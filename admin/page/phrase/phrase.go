package phrase

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ivalt-radius/admin/view"
	"ivalt-radius/auth/reason"
)

// None stands where there is nothing to show.
const None = "–"

// Reason is a reason's sentence as the docs have it; empty for a word that is none.
func Reason(word string) string {
	found := ""
	reason.All(func(known, _, meaning string) {
		if known == word {
			found = strings.ReplaceAll(meaning, "`", "")
		}
	})
	return found
}

// Brief is the beginning of Reason, as far as it stands by itself.
func Brief(word string) string {
	text := Reason(word)
	for _, end := range []string{"; ", ": ", ". "} {
		text, _, _ = strings.Cut(text, end)
	}
	return strings.TrimSuffix(text, ".")
}

// Reasons are the words of the closed list, in its order.
func Reasons() []string {
	var all []string
	reason.All(func(word, _, _ string) { all = append(all, word) })
	return all
}

// Verdicts are the words of the closed list.
func Verdicts() []string {
	return []string{reason.Accept.String(), reason.Reject.String(), reason.Challenge.String()}
}

// Stage says how far a login in flight has come.
func Stage(s view.Stage) string {
	switch s {
	case view.StageChecking:
		return "directory, rules or first factor are being asked"
	case view.StageChallenge:
		return "the gateway has put its question"
	case view.StageElsewhere:
		return "another node has the phone asked"
	case view.StageLookup:
		return "iVALT is asked for the mobile, or the phone is still another login's"
	case view.StageQueued:
		return "it waits for the API budget"
	case view.StagePushing:
		return "the push is on its way"
	case view.StageRinging:
		return "the phone rings"
	case view.StageAnswering:
		return "the phone has answered; record and reply are on their way"
	}
	return Plain(string(s))
}

// Plain is a text without what changes how other texts look: each such character is U+FFFD.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Or is a text for people; None where it is empty.
func Or(text string) string {
	if text == "" {
		return None
	}
	return Plain(text)
}

// Pretty is JSON on several lines, each as Plain has it. Escapes stay as they are.
func Pretty(text json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, text, "", "  ") != nil {
		return Plain(string(text))
	}
	lines := strings.Split(out.String(), "\n")
	for i, line := range lines {
		lines[i] = Plain(line)
	}
	return strings.Join(lines, "\n")
}

// When is a time in UTC, to the second; None for the zero time.
func When(t time.Time) string {
	if t.IsZero() {
		return None
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Percent is a share of one.
func Percent(share float64) string {
	const whole = 100
	return strconv.FormatFloat(share*whole, 'f', 0, 64) + " %"
}

// Number is a count with its thousands apart: "12,345".
func Number(n uint64) string {
	const group = 3
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - group; i > 0; i -= group {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Count is a number with its noun, which takes an s where there is not one. A negative number counts as none.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(uint64(max(0, n))) + " " + noun + "s"
}

// Span is a part of a text that is code, or is not.
type Span struct {
	Text string
	Code bool
}

// Coded parts a text of the docs at its backticks.
func Coded(text string) []Span {
	const two = 2
	var spans []Span
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			spans = append(spans, Span{part, i%two == 1})
		}
	}
	return spans
}
