package auth

import (
	"ivalt-radius/auth/approvals"
	"ivalt-radius/policy"
)

// recall fills in what is remembered of a login whose first factor was just found right, and what it would be remembered as. Without
// a checked first factor or a calling station it would be anybody's.
func (f *Flow) recall(p *Proof, s Subject, factor policy.Factor, req *Request) {
	if !p.Password || req.CallingStation == "" {
		return
	}
	p.As = approvals.Approval{Client: req.Client.Name, Station: req.CallingStation, Factor: factor}
	if req.Method == PAP {
		p.As.Credential = f.approvals.Digest("password", s.KeptAs(), req.Password.Reveal())
	}
	p.Whose = s.KeptAs()
	// All phones that the person has now count, since another one than the first may have been chosen.
	p.Phones = f.approvals.Phones(s.Person.Email, append([]Mobile{s.Person.Mobile}, s.Person.Phones...)...)
	p.SameLogin, p.SameStation = f.approvals.Recall(p.Whose, p.As, p.Phones)
}

// still is the proof with what is remembered yet: a phone, a disk or a failing iVALT took their time, and a denial, a collision or an
// operator may have taken it away meanwhile.
func (f *Flow) still(p Proof) Proof {
	if !p.SameStation.IsZero() {
		p.SameLogin, p.SameStation = f.approvals.Look(p.Whose, p.As, p.Phones)
	}
	return p
}

// retract takes everything back that is remembered of a person who refused, or for whom two logins collided.
func (f *Flow) retract(s Subject, o Outcome) {
	if o == Denied || o == Collided {
		f.approvals.Forget(s.KeptAs())
	}
}

// remember keeps the approval of a login that was let in by the phone, where its rule has a use for it.
func (f *Flow) remember(p *pending, d policy.Decision, v Verdict) {
	f.retract(p.subject, p.proof.Answer.Outcome)
	switch {
	case v.Kind != Accept || v.Reason != ApprovedByPerson || p.proof.As.Station == "":
	case d.Remember > 0 || d.Fail.Mode == policy.FailRemembered:
		p.proof.As.At, p.proof.As.Phone = f.Now(), f.approvals.Phones(p.subject.Person.Email, p.subject.Person.Mobile)[0]
		f.approvals.Keep(p.subject.KeptAs(), p.proof.As)
	}
}
