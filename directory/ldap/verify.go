package ldap

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	ldap "github.com/go-ldap/ldap/v3"

	"ivalt-radius/auth"
)

// Verify implements auth.Primary: a simple bind with the request's password, of PAP alone. With a search account it is the
// subject's Handle that binds, and for a subject without one a name that is nobody's, which takes the same work. With user_dn
// Checked holds the person, read with their own rights, where there is a base. Nothing is ever tried with another spelling of
// the password.
func (s *Source) Verify(ctx context.Context, subject auth.Subject, req *auth.Request) (auth.Checked, error) {
	if err := checkable(req); err != nil {
		return auth.Checked{}, err
	}
	password := req.Password.Reveal()
	if err := auth.Plausible(password); err != nil {
		return auth.Checked{}, err
	}
	switch {
	case !s.searches():
		return s.verifyByName(ctx, subject.User, password)
	case subject.Person.Handle == "":
		return auth.Checked{}, s.verifyNobody(ctx, password)
	}
	began := time.Now()
	_, err := s.bind(ctx, subject.Person.Handle, password, nil)
	if errors.Is(err, auth.ErrBadPassword) {
		s.pace.note(time.Since(began))
	}
	return auth.Checked{Password: err == nil}, err
}

// checkable refuses what a directory cannot check: it never tells a password, and CHAP and MS-CHAP are computed from one.
func checkable(req *auth.Request) error {
	switch req.Method {
	case auth.PAP:
		return nil
	case auth.CHAP, auth.MSCHAP, auth.MSCHAPv2:
		return fmt.Errorf("%w: a directory cannot check CHAP or MS-CHAP; set the NAS to PAP, or ask an upstream server (primary.method: radius)", auth.ErrMisconfigured)
	case auth.EAP:
		return fmt.Errorf("%w: EAP is not served; set the NAS to PAP", auth.ErrMisconfigured)
	case auth.NoCredential:
	}
	return fmt.Errorf("%w: the request holds no password", auth.ErrBadPassword)
}

// verifyNobody binds as nobody, and takes as long as a wrong password did lately. It never succeeds.
func (s *Source) verifyNobody(ctx context.Context, password string) error {
	began := time.Now()
	_, err := s.bind(ctx, nobody(s.settings.Base), password, nil)
	if err != nil && !errors.Is(err, auth.ErrBadPassword) {
		return err
	}
	s.pace.wait(ctx, began)
	return fmt.Errorf("%w: no such person", auth.ErrBadPassword)
}

// verifyByName binds with the name that user_dn makes.
func (s *Source) verifyByName(ctx context.Context, user auth.Username, password string) (auth.Checked, error) {
	name, err := s.bindName(user)
	if err != nil {
		return auth.Checked{}, err
	}
	var read func(context.Context, *conn) (auth.Person, error)
	if s.settings.Base != "" {
		read = func(ctx context.Context, c *conn) (auth.Person, error) { return s.own(ctx, c, user, name) }
	}
	person, err := s.bind(ctx, name, password, read)
	if err != nil {
		return auth.Checked{}, err
	}
	return auth.Checked{Password: true, Person: person}, nil
}

// bindName fills user_dn. Where it is no DN there is no way to escape a name, so one that could turn it into a DN, or into another
// form of a name, is refused.
func (s *Source) bindName(user auth.Username) (string, error) {
	if user.Local() == "" {
		return "", fmt.Errorf("%w: the name has no local part", auth.ErrBadPassword)
	}
	if strings.Contains(user.String(), "@") && !strings.Contains(s.settings.UserDN, wholeName) {
		// carol@elsewhere would show carol's password, and iVALT would be asked for the phone of somebody else.
		return "", fmt.Errorf("%w: primary.ldap.user_dn leaves the realm of the name out: take it off by users.rewrite, or write {user}", auth.ErrBadPassword)
	}
	if s.byDN {
		return fill(s.settings.UserDN, ldap.EscapeDN(user.String()), ldap.EscapeDN(user.Local())), nil
	}
	if strings.ContainsAny(user.String(), `=,+"<>;#/[]:|*?()`) {
		return "", fmt.Errorf("%w: the name holds characters that no account name holds", auth.ErrBadPassword)
	}
	return fill(s.settings.UserDN, user.String(), user.Local()), nil
}

// bind checks a password on a connection that never searches for the account, and then has the person read there; a nil read reads
// nothing.
func (s *Source) bind(ctx context.Context, name, password string, read func(context.Context, *conn) (auth.Person, error)) (person auth.Person, err error) {
	err = s.ask(ctx, binding, func(ctx context.Context, c *conn) error {
		standing, err := c.bind(ctx, name, password)
		if err == nil {
			err = standing.err()
		}
		if err == nil && read != nil {
			person, err = read(ctx, c)
		}
		return err
	})
	return person, err
}

// own reads the entry of whoever is bound. It must be theirs: where user_dn is no DN the server is asked who that is, since it may take
// one person's name for another's account. Groups are not asked for: the rules have been judged.
func (s *Source) own(ctx context.Context, c *conn, user auth.Username, name string) (auth.Person, error) {
	person, _, err := s.find(ctx, c, user)
	switch {
	case err != nil:
		return auth.Person{}, err
	case person.Handle == "":
		return auth.Person{}, fmt.Errorf("%w: the password is right, but primary.ldap.filter finds no entry that the person may read", auth.ErrMisconfigured)
	case s.byDN && !sameDN(person.Handle, name):
		return auth.Person{}, fmt.Errorf("%w: primary.ldap.filter finds another entry than primary.ldap.user_dn names", auth.ErrMisconfigured)
	case s.byDN:
		return person, nil
	}
	who, err := c.whoAmI(ctx)
	if err == nil && !isOf(person, who) {
		err = fmt.Errorf("%w: the directory does not say that the entry which primary.ldap.filter finds is whose password this is (Who am I?, RFC 4532); "+
			"write user_dn as a DN, or set a search account", auth.ErrMisconfigured)
	}
	if err != nil {
		return auth.Person{}, err
	}
	return person, nil
}

// isOf reports that an authzId names a person: `dn:` and their DN, or `u:` and their listed name, behind a domain or alone, as Active
// Directory says it.
func isOf(person auth.Person, authzID string) bool {
	if dn, ok := strings.CutPrefix(authzID, "dn:"); ok {
		return sameDN(person.Handle, dn)
	}
	name, ok := strings.CutPrefix(authzID, "u:")
	user, err := auth.ParseUsername(name[strings.LastIndexByte(name, '\\')+1:])
	return ok && err == nil && user == person.Name
}

// sameDN compares as directories do, without regard to case.
func sameDN(a, b string) bool {
	x, err := ldap.ParseDN(a)
	if err != nil {
		return false
	}
	y, err := ldap.ParseDN(b)
	return err == nil && x.EqualFold(y)
}

// pace remembers how long directories took to refuse passwords: some hash slowly, or write the failure down, and are done sooner with
// a name that they do not know. The zero pace knows nothing, and waits for nothing.
type pace struct {
	mu    sync.Mutex
	took  [64]time.Duration
	count int
}

// note remembers one refusal.
func (p *pace) note(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took[p.count%len(p.took)] = took
	p.count++
}

// wait returns when as long has passed since began as one of the last refusals took, any one of them.
func (p *pace) wait(ctx context.Context, began time.Time) {
	p.mu.Lock()
	known := min(p.count, len(p.took))
	var took time.Duration
	if known > 0 {
		took = p.took[rand.IntN(known)] //nolint:gosec // G404: which of them is no secret
	}
	p.mu.Unlock()
	timer := time.NewTimer(took - time.Since(began))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
