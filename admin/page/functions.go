package page

import (
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/admin/access"
)

// functions are those of the templates.
func (p *Pages) functions() template.FuncMap {
	f := template.FuncMap{
		"views":  Views,
		"asset":  p.assets.url,
		"styles": p.assets.styles,
		"ago":    func(t time.Time) string { return ago(p.Now(), t) },
		"clock":  clock,
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"took":   took,
		"number": number[int],
		"count":  number[uint64],
		"words":  words,
		"name":   viewName,
		"tone":   tone,
		"may":    may,
		"token":  tokenHeader,
		"join":   func(list []string) string { return strings.Join(list, ", ") },
		"pair":   func(a, b any) [2]any { return [2]any{a, b} },
	}
	maps.Copy(f, lists())
	return f
}

// clock is a moment in full, in UTC.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// ago says how far a moment is from now, in one unit.
func ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return "never"
	case d < 0:
		return "in " + span(-d)
	case d < time.Second:
		return "just now"
	}
	return span(d) + " ago"
}

// span is a duration in its greatest unit, rounded down.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// took is a number of milliseconds for people.
func took(ms int64) string {
	switch {
	case ms < 1000:
		return fmt.Sprintf("%d ms", ms)
	case ms < 60_000:
		return strconv.FormatFloat(math.Floor(float64(ms)/100)/10, 'f', 1, 64) + " s"
	}
	d := time.Duration(ms) * time.Millisecond
	if rest := d % time.Minute / time.Second; d < time.Hour && rest > 0 {
		return fmt.Sprintf("%s %d s", span(d), rest)
	}
	return span(d)
}

// number groups a number's digits by three.
func number[T int | uint64](n T) string {
	text := fmt.Sprint(n)
	sign := ""
	if n < 0 {
		sign, text = "-", text[1:]
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sign + text
}

// words makes words of a code: other_node is "other node".
func words(code any) string { return strings.ReplaceAll(fmt.Sprint(code), "_", " ") }

// viewName is how a view is called in the navigation.
func viewName(view string) string {
	if view == "" {
		return ""
	}
	return strings.ToUpper(view[:1]) + view[1:]
}

// tone is the colour of a word of one of our closed lists: a verdict, a severity, a stage, a state. What it does not know has none.
func tone(word any) string {
	switch fmt.Sprint(word) {
	case "accept", "accepted", "ok", "closed", "ready", "answering", "low":
		return "badge-good"
	case "reject", "rejected", "critical", "high", "failed", "open", "deny", "blocked":
		return "badge-bad"
	case "challenge", "challenged", "ringing", "pushing", "acknowledged", "require_push", "info":
		return "badge-info"
	case "medium", "warning", "queued", "not_ready", "unknown", "locked", "paused", "pending":
		return "badge-warn"
	}
	return "badge-plain"
}

// tokenHeader is what htmx sends with every request, as JSON.
func tokenHeader(who access.Principal) (string, error) {
	text, err := json.Marshal(map[string]string{"X-CSRF-Token": who.CSRF})
	return string(text), err
}

// may reports that somebody has a permission, by its word. A word that it does not know is granted to nobody.
func may(who access.Principal, permission string) bool {
	switch permission {
	case "read":
		return who.May(access.Read)
	case "write":
		return who.May(access.Write)
	case "delete":
		return who.May(access.Delete)
	case "configure":
		return who.May(access.Configure)
	}
	return false
}
