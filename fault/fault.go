// Package fault is one sentence about a setting: which key, and what is wrong with it.
//
// Every room checks the settings that it owns and returns a List; config adds the line of each key, and `check` prints
// them all together. The package imports nothing of ours, so that every room may speak of faults without knowing config.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Fault is one thing wrong with the settings.
type Fault struct {
	Key     string // full key path, as in "clients[0].secrets[1]"
	Line    int    // line in File; 0 where unknown (an environment variable, a default)
	File    string // the file that Line counts in; empty for the configuration file itself
	Message string // what is wrong and what to do; never holds a secret
	Warning bool   // true: worth saying, but the settings are usable
}

// String renders the fault the way that `check` prints it.
func (f Fault) String() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File + ": ")
	}
	if f.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", f.Line)
	}
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	b.WriteString(f.Message)
	return b.String()
}

// List is all that is wrong, in the order in which it was found. The zero List is "nothing".
type List []Fault

// Add appends a fault that makes the settings unusable.
func (l *List) Add(key, format string, args ...any) {
	*l = append(*l, Fault{Key: key, Message: fmt.Sprintf(format, args...)})
}

// Warn appends a warning.
func (l *List) Warn(key, format string, args ...any) {
	*l = append(*l, Fault{Key: key, Message: fmt.Sprintf(format, args...), Warning: true})
}

// Fatal returns the faults that are no warnings.
func (l List) Fatal() List { return l.only(false) }

// Warnings returns the warnings.
func (l List) Warnings() List { return l.only(true) }

func (l List) only(warning bool) List {
	var out List
	for _, f := range l {
		if f.Warning == warning {
			out = append(out, f)
		}
	}
	return out
}

// Err joins the fatal faults into one error, a line each; nil where there is none.
func (l List) Err() error {
	var errs []error
	for _, f := range l.Fatal() {
		errs = append(errs, errors.New(f.String()))
	}
	return errors.Join(errs...)
}
