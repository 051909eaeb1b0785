package cluster

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
