package forget

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"ivalt-radius/audit"
	"ivalt-radius/audit/segment"
)

// most is how many lines one record speaks of.
const most = 400

// Trail is the trail that is open for writing; audit.Trail is one.
type Trail interface {
	// Rotate ends the live file as a segment, with a signature as its last line, and goes on in a new one.
	Rotate(ctx context.Context) error
	// Commit makes an event durable.
	Commit(ctx context.Context, e audit.Event) error
}

// Order is who is to be forgotten, and where.
type Order struct {
	User    string // the canonical name
	Live    string // the path of the live file
	Archive string // directory of older segments; empty: none
	Actor   string // who asks
	// Segments is held while segments are replaced, so that nobody compresses or moves one meanwhile; nil: nobody does.
	Segments sync.Locker
}

// Outcome is what was found or done.
type Outcome struct {
	Pseudonym string   `json:"pseudonym"` // empty: there was nothing to do
	Lines     int      `json:"lines"`     // records that were, or would be, rewritten
	Files     int      `json:"files"`     // in so many files
	Changed   int      `json:"changed"`   // lines of the person that somebody changed: they stay as they are
	Since     int      `json:"since"`     // records of the person that came into the live file meanwhile
	Unread    []string `json:"unread"`    // files that cannot be read to their end
}

// Look says what Run would rewrite, and changes nothing: also what the live file holds.
func Look(ctx context.Context, o Order) (Outcome, error) {
	files, err := segment.Every(o.Live, o.Archive)
	if err != nil {
		return Outcome{}, err
	}
	if _, err := os.Stat(o.Live); err == nil {
		files = append(files, segment.File{Path: o.Live})
	}
	s := survey{person: newPerson(o.User, Prefix)}
	err = s.look(ctx, files)
	return s.outcome, err
}

// Run forgets. An error may leave some segments rewritten and some not: the trail is sound all the same, and running again does the
// rest. Only ended segments change; a login of the person meanwhile is counted in Since.
func Run(ctx context.Context, o Order, t Trail) (Outcome, error) {
	if o.Segments != nil {
		o.Segments.Lock()
		defer o.Segments.Unlock()
	}
	if err := removeLeftovers(o.Live, o.Archive); err != nil {
		return Outcome{}, err
	}
	if err := t.Rotate(ctx); err != nil {
		return Outcome{}, fmt.Errorf("ending the live file: %w", err)
	}
	files, err := segment.Every(o.Live, o.Archive)
	if err != nil {
		return Outcome{}, err
	}
	s := survey{person: newPerson(o.User, NewPseudonym())}
	if err := s.look(ctx, files); err != nil {
		return Outcome{}, err
	}
	if len(s.files) > 0 {
		s.outcome.Pseudonym = s.person.pseudonym
		if err := s.record(ctx, o, t); err != nil {
			return s.outcome, err
		}
		if err := s.rewrite(ctx); err != nil {
			return s.outcome, err
		}
	}
	live, err := s.person.look(ctx, segment.File{Path: o.Live})
	s.outcome.Since = len(live.lines)
	return s.outcome, err
}

// survey is what was found of a person, and where.
type survey struct {
	person  person
	planned plan
	files   []segment.File
	outcome Outcome
}

// look reads the files. One that cannot be read keeps the person's records elsewhere from nothing.
func (s *survey) look(ctx context.Context, files []segment.File) error {
	s.planned = plan{}
	for _, f := range files {
		found, err := s.person.look(ctx, f)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.outcome.Changed += found.changed
		if err != nil {
			s.outcome.Unread = append(s.outcome.Unread, f.Path)
			continue
		}
		if len(found.lines) == 0 {
			continue
		}
		s.files = append(s.files, f)
		for _, line := range found.lines {
			s.planned[line] = true
		}
	}
	s.outcome.Lines, s.outcome.Files = len(s.planned), len(s.files)
	return nil
}

// record keeps in the trail what the lines are to be, and has that signed.
func (s *survey) record(ctx context.Context, o Order, t Trail) error {
	lines := make([]audit.ForgottenLine, 0, len(s.planned))
	for line := range s.planned {
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b audit.ForgottenLine) int { return cmp.Compare(a.Seq, b.Seq) })
	for part := range slices.Chunk(lines, most) {
		e := audit.Forgotten{Actor: o.Actor, Pseudonym: s.person.pseudonym, Lines: part}
		if err := t.Commit(ctx, e); err != nil {
			return fmt.Errorf("keeping the evidence: %w", err)
		}
	}
	if err := t.Rotate(ctx); err != nil {
		return fmt.Errorf("ending the file with the evidence: %w", err)
	}
	return nil
}

// errBack says that a file which was rewritten is as it was.
var errBack = errors.New("records of the person are back in a file that was rewritten, since something else wrote it meanwhile: run it again")

// rewrite replaces each segment, and looks once more.
func (s *survey) rewrite(ctx context.Context) error {
	for _, f := range s.files {
		if _, err := s.person.rewrite(ctx, f, s.planned); err != nil {
			return fmt.Errorf("rewriting %s (what is missing is done when it is run again): %w", f.Path, err)
		}
	}
	for _, f := range s.files {
		found, err := s.person.look(ctx, f)
		if err != nil {
			return fmt.Errorf("reading %s again: %w", f.Path, err)
		}
		if len(found.lines) > 0 {
			return fmt.Errorf("%s: %w", f.Path, errBack)
		}
	}
	return nil
}
