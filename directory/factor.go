package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"ivalt-radius/auth"
	"ivalt-radius/directory/mschap"
	"ivalt-radius/directory/password"
	"ivalt-radius/secret"
)

// Verifier checks passwords against their hashes; *password.Verifier is one.
type Verifier interface {
	// Verify derives every hash that it is given, the zero one too.
	Verify(ctx context.Context, l password.Line, h password.Hash, password secret.Secret) (bool, error)
	// Full reports that Verify would refuse now, since too many wait already.
	Full(l password.Line) bool
}

// MSCHAP checks an MS-CHAPv2 response against an NT hash, as the name that the request carries. An error that
// wraps auth.ErrBadPassword says that the response is another's. An empty hash is nobody's, and takes the same work.
type MSCHAP func(ntHash mschap.Hash, username string, h auth.Handshake) (auth.MSCHAPSuccess, error)

// Primary is the first factor that the file's hashes give: PAP by argon2id; MS-CHAPv2 by the NT hash, where response is there. Somebody unknown,
// somebody without a hash and a wrong password cost one check each, of the usual cost where there is no hash, and are one error.
func (p *People) Primary(verifier Verifier, response MSCHAP) auth.Primary {
	return &fileFactor{people: p, verifier: verifier, response: response, decoy: password.Decoy(p.usual)}
}

// fileFactor is the first factor `file`.
type fileFactor struct {
	people   *People
	verifier Verifier
	response MSCHAP // nil: none
	decoy    password.Hash
}

// Verify implements auth.Primary.
func (f *fileFactor) Verify(ctx context.Context, s auth.Subject, req *auth.Request) (auth.Checked, error) {
	switch req.Method {
	case auth.PAP:
		return f.pap(ctx, s, req.Password)
	case auth.MSCHAPv2:
		return f.mschapv2(s, req)
	case auth.CHAP:
		return auth.Checked{}, fmt.Errorf("%w: CHAP needs the cleartext password: only an upstream RADIUS server can check it", auth.ErrMisconfigured)
	case auth.MSCHAP:
		return auth.Checked{}, fmt.Errorf("%w: MS-CHAP of version 1 is not served; set the NAS to PAP", auth.ErrMisconfigured)
	case auth.EAP:
		return auth.Checked{}, fmt.Errorf("%w: EAP is not served; set the NAS to PAP", auth.ErrMisconfigured)
	case auth.NoCredential:
	}
	return auth.Checked{}, fmt.Errorf("%w: the request holds no password", auth.ErrBadPassword)
}

// Full implements auth.Bounded: passwords alone take long.
func (f *fileFactor) Full(s auth.Subject, m auth.Method) bool {
	return m == auth.PAP && f.verifier.Full(line(s))
}

// line is where a subject stands in the queue.
func line(s auth.Subject) password.Line {
	if s.Familiar {
		return password.Familiar
	}
	return password.Strangers
}

// The details of one refusal, which the log and the trail alone hold.
var (
	errUnknown    = errors.New("users.file does not list the person")
	errSeveral    = errors.New("several people of users.file have this e-mail: nobody can say whose password it must be")
	errNoPassword = errors.New("the person has no password in users.file")
	errNoNTHash   = errors.New("the person has no nt_hash in users.file")
	errWrong      = errors.New("wrong password")
)

// credentials are those of the listed person whom a login names, and why there are none. Where the directory says that it is somebody
// else they are nobody's: no password may count for another one's phone.
func (f *fileFactor) credentials(s auth.Subject) (*listed, error) {
	switch person := f.people.find(s.User, f.people.email(s.User)); {
	case person == nil:
		return &listed{}, errUnknown
	case s.Person.Name != auth.Username{} && s.Person.Name != person.Name:
		return &listed{}, errUnknown
	case person.several:
		return &listed{}, errSeveral
	default:
		return person, nil
	}
}

func (f *fileFactor) pap(ctx context.Context, s auth.Subject, typed secret.Secret) (auth.Checked, error) {
	if err := auth.Plausible(typed.Reveal()); err != nil {
		return auth.Checked{}, err
	}
	person, why := f.credentials(s)
	hash := person.password
	if hash.Empty() {
		hash, why = f.decoy, cmp.Or(why, errNoPassword)
	}
	right, err := f.verifier.Verify(ctx, line(s), hash, typed)
	switch {
	case err != nil:
		return auth.Checked{}, err
	case why != nil:
		return auth.Checked{}, fmt.Errorf("%w: %w", auth.ErrBadPassword, why)
	case !right:
		return auth.Checked{}, fmt.Errorf("%w: %w", auth.ErrBadPassword, errWrong)
	}
	return auth.Checked{Password: true}, nil
}

func (f *fileFactor) mschapv2(s auth.Subject, req *auth.Request) (auth.Checked, error) {
	if f.response == nil || f.people.ntHashes == 0 {
		return auth.Checked{}, fmt.Errorf("%w: MS-CHAPv2 needs an nt_hash in users.file, and nobody has one", auth.ErrMisconfigured)
	}
	person, why := f.credentials(s)
	if person.ntHash.Empty() {
		why = cmp.Or(why, errNoNTHash)
	}
	success, err := f.response(person.ntHash, req.Username, req.Handshake)
	switch {
	case why != nil:
		return auth.Checked{}, fmt.Errorf("%w: %w", auth.ErrBadPassword, why)
	case err != nil:
		return auth.Checked{}, fmt.Errorf("checking MS-CHAPv2: %w", err)
	}
	return auth.Checked{Password: true, MSCHAP: success}, nil
}
