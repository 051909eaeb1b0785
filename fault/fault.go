package fault

import (
	"errors"
	"fmt"
	"slices"
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
func (l List) Fatal() List {
	return slices.DeleteFunc(slices.Clone(l), func(f Fault) bool { return f.Warning })
}

// Warnings returns the warnings.
func (l List) Warnings() List {
	return slices.DeleteFunc(slices.Clone(l), func(f Fault) bool { return !f.Warning })
}

// Err joins the fatal faults into one error, a line each; nil where there is none.
func (l List) Err() error {
	var errs []error
	for _, f := range l.Fatal() {
		errs = append(errs, errors.New(f.String()))
	}
	return errors.Join(errs...)
}
