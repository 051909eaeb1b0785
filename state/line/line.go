package line

import "iter"

// Line has its members in the order in which they joined. The zero Line is empty. It is not safe for concurrent use.
type Line[T any] struct {
	first, last *Place[T]
	size        int
}

// Place is a place in a line, and in one at most. The zero Place is in none.
type Place[T any] struct {
	Of             *T // who has it; nil: nobody
	line           *Line[T]
	before, behind *Place[T]
}

// Join puts a place at the end of the line. It leaves the line that it was in.
func (l *Line[T]) Join(p *Place[T], of *T) {
	p.Leave()
	*p = Place[T]{Of: of, line: l, before: l.last}
	if l.last == nil {
		l.first = p
	} else {
		l.last.behind = p
	}
	l.last = p
	l.size++
}

// Leave takes a place out of its line, and lets go of who had it. It may be in none.
func (p *Place[T]) Leave() {
	l := p.line
	if l == nil {
		return
	}
	if p.before == nil {
		l.first = p.behind
	} else {
		p.before.behind = p.behind
	}
	if p.behind == nil {
		l.last = p.before
	} else {
		p.behind.before = p.before
	}
	l.size--
	*p = Place[T]{}
}

// In reports a place that is in this line.
func (p *Place[T]) In(l *Line[T]) bool { return p.line == l }

// Len is how many are in the line.
func (l *Line[T]) Len() int { return l.size }

// First is who joined before all others; nil where the line is empty.
func (l *Line[T]) First() *T {
	if l.first == nil {
		return nil
	}
	return l.first.Of
}

// All are those in the line, the first one first. Nobody but the one at hand may leave meanwhile, and nobody join.
func (l *Line[T]) All() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for p := l.first; p != nil; {
			next := p.behind
			if !yield(p.Of) {
				return
			}
			p = next
		}
	}
}

// Backward is All, the last one first.
func (l *Line[T]) Backward() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for p := l.last; p != nil; {
			next := p.before
			if !yield(p.Of) {
				return
			}
			p = next
		}
	}
}
