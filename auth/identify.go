package auth

import (
	"cmp"
	"context"
	"fmt"

	"ivalt-radius/auth/conclusion"
	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/judgement"
	"ivalt-radius/policy"
)

// identity makes the one canonical name of a login: mapped, then rewritten. Where there is none the error says why, and the log has the
// name as it was sent.
func (l *login) identity() (Username, error) {
	user, err := l.rules.Name(l.req.Username)
	if err != nil {
		l.user = identity.Visible(l.req.Username)
	} else {
		l.user, l.name = user.String(), user
	}
	switch {
	case l.rules == nil:
		return Username{}, conclusion.ErrNoRules
	case l.req.Defect != "":
		return Username{}, defect(l.req.Defect)
	}
	return user, err
}

// asking bounds what a directory and a first factor may take: the answer must leave in time. Where they ask nobody there is
// nothing to bound.
func (l *login) asking(ctx context.Context) (context.Context, context.CancelFunc) {
	if !l.rules.Waits {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, l.leaveBy())
}

// identify finds the person behind a name.
func (f *Flow) identify(ctx context.Context, l *login, user Username, err error) (Subject, error) {
	if err != nil {
		return Subject{User: user}, err
	}
	ctx, cancel := l.asking(ctx)
	defer cancel()
	person, err := l.rules.Directory.Person(ctx, user)
	if err != nil {
		return Subject{User: user}, fmt.Errorf("asking the directory: %w", err)
	}
	return Subject{User: user, Person: person, Familiar: l.familiar}, nil
}

// decide asks policy. Where the subject is not known there is no decision, and the zero Decision denies.
func (f *Flow) decide(l *login, s Subject, err error) (policy.Decision, error) {
	if err != nil {
		return policy.Decision{}, err
	}
	l.facts = policy.Facts{
		User: s.User.String(), Groups: s.Person.Groups, Reply: s.Person.Reply, Client: l.req.Client.Name,
		CallingStation: l.req.From, At: f.Now(),
	}
	l.listed = s.Person.Name.String()
	if l.visit().Person != "" {
		if err := f.admit(l, Recognised); err != nil {
			return policy.Decision{}, err
		}
	}
	return judgement.Of(l.rules.Policy, l.facts, l.listed), nil
}

// again asks policy once more, just before the Accept: hours may have ended while the phone rang. What was checked was checked for
// the rule of then, so another one denies.
func (f *Flow) again(l *login, before policy.Decision) policy.Decision {
	l.facts.At = f.Now()
	after := judgement.Of(l.rules.Policy, l.facts, l.listed)
	if after.Action != before.Action || after.Rule != before.Rule {
		return policy.Decision{Rule: after.Rule, Denial: after.Denial}
	}
	return after
}

// factor is the first factor that a login has to show.
func (l *login) factor(d policy.Decision) (policy.Factor, Primary) {
	factor := cmp.Or(d.Factor, l.req.Client.Factor)
	return factor, l.rules.Primaries[factor]
}

// factorWaits reports that the first factor is one that takes its time. NoPrimary, and the word of a policy that denies, do not.
func (l *login) factorWaits(d policy.Decision) bool {
	if !l.rules.Waits || d.Action == policy.Deny {
		return false
	}
	_, primary := l.factor(d)
	_, none := primary.(NoPrimary)
	return primary != nil && !none
}

// factorFull reports that the first factor would refuse one more login as busy.
func (l *login) factorFull(s Subject, d policy.Decision) bool {
	_, primary := l.factor(d)
	b, ok := primary.(Bounded)
	return ok && b.Full(s, l.req.Method)
}

// primary checks the first factor of a login that policy does not deny.
func (f *Flow) primary(ctx context.Context, l *login, s *Subject, d policy.Decision, err error) (Proof, error) {
	if err != nil || d.Action == policy.Deny {
		return Proof{}, err
	}
	factor, primary := l.factor(d)
	switch {
	case primary == nil:
		return Proof{}, fmt.Errorf("%w: none is set for this client", ErrMisconfigured)
	case l.req.Method == CHAP && !l.req.Client.CHAP:
		return Proof{}, fmt.Errorf("%w: CHAP is off for this client; set the NAS to PAP (or see insecure_methods)", ErrMisconfigured)
	case l.req.Method == MSCHAPv2 && !l.req.Client.MSCHAPv2:
		return Proof{}, fmt.Errorf("%w: MS-CHAPv2 is off for this client; set the NAS to PAP (or see insecure_methods)", ErrMisconfigured)
	}
	ctx, cancel := l.asking(ctx)
	defer cancel()
	checked, err := primary.Verify(ctx, *s, l.req)
	if err != nil {
		return Proof{}, err
	}
	s.Person = s.Person.With(checked.Person)
	p := Proof{Password: checked.Password, Reply: checked.Reply, MSCHAP: checked.MSCHAP}
	f.recall(&p, *s, factor, l.req)
	return p, nil
}

// judgeAnew asks policy about the listed name where the first factor alone could tell it: a directory may take two spellings for one
// person of whom a rule names one. A rule that wants another first factor than was checked denies.
func (f *Flow) judgeAnew(l *login, s Subject, before policy.Decision, err error) policy.Decision {
	listed := s.Person.Name.String()
	if err != nil || l.listed != "" || listed == "" {
		return before
	}
	l.listed = listed
	after := judgement.Of(l.rules.Policy, l.facts, listed)
	if after.Action != policy.Deny && after.Factor != before.Factor {
		return policy.Decision{Rule: after.Rule}
	}
	return after
}
