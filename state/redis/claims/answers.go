package claims

import (
	"errors"
	"fmt"

	"ivalt-radius/state/cluster"
)

// answer is what a script gave: up to eight texts and numbers. Whatever else comes is bad.
type answer struct {
	fields []any
	bad    bool
}

var errAnswer = errors.New("an answer that no script of this program gives")

// answered takes a script's answer.
func answered(v any, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	fields, ok := v.([]any)
	if !ok || len(fields) == 0 || len(fields) > 8 {
		return answer{}, unusable(errAnswer)
	}
	return answer{fields: fields}, nil
}

// unusable is the error of an answer that says nothing: whether the operation took place is not known.
func unusable(err error) error { return fmt.Errorf("%w: %w", cluster.ErrUnreachable, err) }

func (a *answer) text(i int) string {
	if i < len(a.fields) {
		if s, ok := a.fields[i].(string); ok {
			return s
		}
	}
	a.bad = true
	return ""
}

// number is a whole number that is not negative.
func (a *answer) number(i int) int64 {
	if i < len(a.fields) {
		if n, ok := a.fields[i].(int64); ok && n >= 0 {
			return n
		}
	}
	a.bad = true
	return 0
}

// id is an attempt's.
func (a *answer) id(i int) string {
	s := a.text(i)
	a.bad = a.bad || !named(s)
	return s
}

// named reports that a text is an attempt's ID.
func named(text string) bool { return (cluster.Entry{ID: text, Life: 1}).Valid() == nil }

// plain is the whole answer of an operation that only succeeds or does not.
func (a *answer) plain() error {
	switch a.text(0) {
	case "done":
		return nil
	case "lost":
		return cluster.ErrLost
	case "collided":
		return cluster.ErrCollided
	}
	return unusable(errAnswer)
}
