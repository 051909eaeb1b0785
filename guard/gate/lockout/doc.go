// Package lockout counts a person's wrong passwords at one calling station, and locks the person out there.
//
// Each lockout is twice as long as the one before, until a whole day has passed behind the last one, or the person's phone has approved a login
// from there. A person is never locked out as a whole, and never at an unknown calling station: both would let a stranger lock
// people out.
package lockout
