package report

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"time"
)

// named is what one user, or one address, did.
type named struct {
	Ranked

	wrong    burst // wrong names and passwords
	failures int
	beside   distinct // the names that an address tried, or the addresses that tried a name

	unanswered burst // pushes denied or not answered, of a person
	ignored    int   // how many
	denied     time.Time
	gaveIn     int // approvals right behind so many, a denial among them
}

// guessed counts a wrong login. Without a name it is nobody's: all who came without an address are not one.
func (n *named) guessed(at time.Time, seed maphash.Seed, beside string) {
	if n.Name == "" {
		return
	}
	n.failures++
	n.wrong.note(at, guessWindow)
	if beside != "" {
		n.beside.add(seed, beside)
	}
}

// guessing is how much its wrong logins look like guesses.
func (n *named) guessing() Level {
	several := n.beside.count() > 1
	switch peak := n.wrong.peak; {
	case several && peak > guessCritical:
		return Critical
	case several && peak > guessHigh:
		return High
	case peak >= guessMedium, n.beside.count() >= slowMedium:
		return Medium
	}
	return Low
}

// fatigue is how much its pushes look like somebody who hopes that the person gives in.
func (n *named) fatigue() Level {
	switch {
	case n.gaveIn > 0:
		return Critical
	case n.unanswered.peak >= fatigueHigh:
		return High
	case n.unanswered.peak >= fatigueMedium:
		return Medium
	}
	return Low
}

// names counts what each of many names did, up to a number of them.
type names struct {
	most   int
	seed   maphash.Seed
	byName map[string]*named
	others Others
}

func newNames(most int, seed maphash.Seed) *names {
	return &names{most: most, seed: seed, byName: map[string]*named{}}
}

// of finds a name or takes it in; where there are too many, the half that did least becomes others.
func (s *names) of(name string) *named {
	if n := s.byName[name]; n != nil {
		return n
	}
	if len(s.byName) >= s.most {
		s.fold()
	}
	n := &named{Ranked: Ranked{Name: strings.Clone(name)}}
	s.byName[n.Name] = n
	return n
}

// fold counts the lighter half together. One that comes back begins anew, so what is told of a name may be too little, never too much.
func (s *names) fold() {
	all := s.sorted(func(a, b *named) int {
		return cmp.Or(cmp.Compare(b.guessing(), a.guessing()), cmp.Compare(b.fatigue(), a.fatigue()), moreRejected(a, b))
	})
	for _, n := range all[len(all)/2:] {
		s.others.Logins += n.Logins
		s.others.Accepted += n.Accepted
		s.others.Rejected += n.Rejected
		delete(s.byName, n.Name)
	}
}

func moreRejected(a, b *named) int {
	return cmp.Or(cmp.Compare(b.Rejected, a.Rejected), cmp.Compare(b.Logins, a.Logins), cmp.Compare(a.Name, b.Name))
}

func (s *names) sorted(by func(a, b *named) int) []*named {
	all := make([]*named, 0, len(s.byName))
	for _, n := range s.byName {
		all = append(all, n)
	}
	slices.SortFunc(all, by)
	return all
}

// top are those with the most rejected logins.
func (s *names) top() []Ranked {
	top := []Ranked{}
	for _, n := range s.sorted(moreRejected) {
		if len(top) < mostTop {
			top = append(top, n.Ranked)
		}
	}
	return top
}

// worst is the highest level, and those names that reach Medium or more, the worst first, with what they are counted by.
func (s *names) worst(level func(*named) Level, count func(*named) int) (Level, []Offender) {
	highest, worst := Low, []Offender{}
	for _, n := range s.sorted(func(a, b *named) int {
		return cmp.Or(cmp.Compare(level(b), level(a)), cmp.Compare(count(b), count(a)), cmp.Compare(a.Name, b.Name))
	}) {
		if level(n) == Low || len(worst) == mostTop {
			break
		}
		highest = max(highest, level(n))
		worst = append(worst, Offender{Name: n.Name, Count: count(n)})
	}
	return highest, worst
}
