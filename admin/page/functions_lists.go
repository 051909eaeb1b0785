package page

import (
	"fmt"
	"html/template"

	"ivalt-radius/admin/page/phrase"
)

// lists are the functions of the templates of logins, people, incidents and clients.
func lists() template.FuncMap {
	return template.FuncMap{
		"reasonWords": phrase.Reason,
		"brief":       phrase.Brief,
		"stageWords":  phrase.Stage,
		"plain":       phrase.Plain,
		"text":        phrase.Or,
		"pretty":      phrase.Pretty,
		"percent":     phrase.Percent,
		"counted":     phrase.Count,
		"coded":       phrase.Coded,
		"at":          phrase.At,
		"ask":         phrase.Ask,
		"addressOf":   addressOf,
		"mark":        mark,
	}
}

// mark is the colour of a word, beside those of tone: of decisions, of steps that were taken, of the ladder of Message-Authenticator.
func mark(word any) string {
	switch fmt.Sprint(word) {
	case "done", "enforced":
		return "badge-good"
	case "observe", "withheld", "exempt":
		return "badge-warn"
	case "dry_run":
		return "badge-info"
	}
	return tone(word)
}
