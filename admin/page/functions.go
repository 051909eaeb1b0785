package page

import (
	"html/template"
	"time"
)

// functions are those of the templates.
func functions() template.FuncMap {
	return template.FuncMap{
		"views": Views,
		"clock": func(t time.Time) string { return t.Format("2006-01-02 15:04:05 MST") },
	}
}
