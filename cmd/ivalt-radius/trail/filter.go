package trail

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/auth"
	"ivalt-radius/auth/reason"
)

// Words of flags that several commands have.
const (
	sinceHelp  = "not before this: RFC 3339, a date (its midnight here), or how long ago, as 24h"
	untilHelp  = "before this, in the same forms"
	outputHelp = "a new file to write to, mode 0600 (default: standard output)"
)

// oneTrail takes the place of cobra's words where both settings and a copy name a trail.
func oneTrail(cmd *cobra.Command, args []string) error {
	if len(args) > 0 && cmd.Flags().Changed("config") {
		return errors.New("--config and TRAIL each name a trail: name one of them")
	}
	return cobra.MaximumNArgs(1)(cmd, args)
}

// filterFlags are the flags that say which records are wanted.
type filterFlags struct {
	since, until, user, client, reason string
	types                              []string
}

func (f *filterFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.since, "since", "", sinceHelp)
	flags.StringVar(&f.until, "until", "", untilHelp)
	flags.StringVar(&f.user, "user", "", "of this login name, however it is written")
	flags.StringVar(&f.client, "client", "", "of this client")
	flags.StringVar(&f.reason, "reason", "", "logins that ended for this reason")
	flags.StringArrayVar(&f.types, "type", nil, "of this type; may be given several times")
}

// filter understands the flags. The error is one of usage.
func (f *filterFlags) filter(now time.Time) (query.Filter, error) {
	since, err1 := Moment("--since", f.since, now)
	until, err2 := Moment("--until", f.until, now)
	wanted := query.Filter{Since: since, Until: until, Client: f.client, Reason: f.reason, Types: f.types}
	var err3, err4 error
	if f.user != "" {
		var name auth.Username
		name, err3 = auth.ParseUsername(f.user)
		wanted.User = name.String()
		if err3 != nil {
			err3 = fmt.Errorf("--user: %w", err3)
		}
	}
	if f.reason != "" {
		err4 = OneOf("--reason", f.reason, Reasons())
	}
	errs := []error{err1, err2, err3, err4}
	for _, t := range f.types {
		errs = append(errs, OneOf("--type", t, types()))
	}
	if !since.IsZero() && !until.IsZero() && !since.Before(until) {
		errs = append(errs, errors.New("--since is not before --until"))
	}
	return wanted, errors.Join(errs...)
}

// Moment reads a time: RFC 3339, a date, whose midnight in the local zone it is, or a duration before now. Empty is the zero time.
func Moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil { //nolint:gosmopolitan // the operator's own day
		return t, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("%s: %q is no time: 2026-11-26T09:00:00Z, 2026-11-26, or 24h for one that long ago", flag, text)
}

// OneOf refuses a word that is not in the list, which it names.
func OneOf(flag, word string, list []string) error {
	if slices.Contains(list, word) {
		return nil
	}
	return fmt.Errorf("%s: %q is not one of %s", flag, word, strings.Join(list, ", "))
}

// Reasons are the words of why logins end, in order.
func Reasons() (words []string) {
	reason.All(func(word, _, _ string) { words = append(words, word) })
	slices.Sort(words)
	return words
}

func types() (words []string) {
	for t := audit.SystemEvent; t <= audit.DataAccess; t++ {
		words = append(words, t.String())
	}
	slices.Sort(words)
	return words
}
