package sessioning

// Forgetting takes a person out of the sessions and of the incidents.
type Forgetting struct {
	Sessions  interface{ Forget(user string) }
	Incidents interface {
		Forget(user, pseudonym string) (incidents int, err error)
	}
}

// Forget implements trail.Incidents. Of the sessions nothing stays, so they need no pseudonym.
func (f Forgetting) Forget(user, pseudonym string) (incidents int, err error) {
	f.Sessions.Forget(user)
	return f.Incidents.Forget(user, pseudonym) //nolint:wrapcheck // in the words of the incidents
}
