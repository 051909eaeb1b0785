package cluster

// past is what is left of claims that are over.
type past struct {
	ended  []end  // of attempts that held it, one each
	lapsed lapsed // the claim that was answered, and whose push is still looked after
	late   late   // the lapsed attempt that was approved
}

// end is that of an attempt's claim.
type end struct {
	last     key    // of the last End
	answer   string // for whoever takes the attempt over
	said     string // by the last End
	err      error  // what it was told
	forget   moment
	kind     EndKind // of the last End
	over     bool    // it is no other node's to take over
	collided bool    // and that is why
}

// repeats reports that an End is the last one again.
func (e *end) repeats(k key, said Ending, now moment) bool {
	return e.last == k && now < e.forget && e.kind == said.Kind && e.said == string(said.Answer)
}

// lapsed is a claim whose push is looked after.
type lapsed struct {
	key      key
	until    moment
	progress string
}

// late is an approval that waits for the login that renews its attempt.
type late struct {
	attempt string
	until   moment
	answer  string
}

// ended is the end of an attempt's claim; nil: none is remembered.
func (p *phone) ended(attempt string) *end {
	if p.past == nil {
		return nil
	}
	for i := range p.past.ended {
		if e := &p.past.ended[i]; e.last.attempt == attempt {
			return e
		}
	}
	return nil
}

// behind is the phone's past, made where there is none.
func (p *phone) behind() *past {
	if p.past == nil {
		p.past = &past{}
	}
	return p.past
}
