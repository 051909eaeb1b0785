package window

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"ivalt-radius/admin"
	"ivalt-radius/admin/access"
	"ivalt-radius/config"
	"ivalt-radius/directory/password"
	"ivalt-radius/fault"
)

const (
	day       = 24 * time.Hour
	farAhead  = 366 * day // of a token's end
	soonEnded = 14 * day  // of a certificate

	readableByOthers = 0o066
)

// Check says what is wrong with the settings of the window. The faults have the keys of the settings, and no secret.
func Check(s *config.Settings, now time.Time) fault.List {
	_, faults := Access(s, now)
	if tls := s.Admin.TLS; s.Listen.Admin.IsValid() && tls.On() && tls.Key != "" {
		checkTLS(tls, now, &faults)
	}
	return faults
}

func checkTLS(tls config.AdminTLS, now time.Time, faults *fault.List) {
	expires, err := admin.CheckPair(tls.Certificate, tls.Key)
	if err != nil {
		faults.Add("admin.tls.certificate", "%s", err)
		return
	}
	if left := expires.Sub(now); left <= 0 {
		faults.Warn("admin.tls.certificate", "expired on %s: browsers refuse it; put a new one into the file", expires.UTC().Format(time.DateOnly))
	} else if left < soonEnded {
		faults.Warn("admin.tls.certificate", "expires in %d days: put a new one into the file", int(left/day))
	}
	if info, err := os.Stat(tls.Key); err == nil && info.Mode()&readableByOthers != 0 {
		faults.Warn("admin.tls.key", "others can read the key: chmod 600 %s", tls.Key)
	}
}

// Access are who may look through the window, as far as the settings say it without a fault: whoever has one is not among them.
func Access(s *config.Settings, now time.Time) (access.Settings, fault.List) {
	out := access.Settings{Idle: s.Admin.Session.Idle, Absolute: s.Admin.Session.Absolute}
	var faults fault.List
	for i, a := range s.Admin.Accounts {
		path := fmt.Sprintf("admin.accounts[%d]", i)
		if a.PasswordHash.Empty() {
			continue // a fault of config's
		}
		if _, err := password.Parse(a.PasswordHash.Reveal()); err != nil {
			faults.Add(path+".password_hash", "%s", err)
			continue
		}
		out.Accounts = append(out.Accounts, access.Account{Name: a.Name, Role: role(a.Role), Password: a.PasswordHash})
	}
	digests := map[[32]byte]string{}
	for i, t := range s.Admin.Tokens {
		path := fmt.Sprintf("admin.tokens[%d]", i)
		token, found := tokenOf(t, path, now)
		if other, twice := digests[token.Digest]; twice && len(found.Fatal()) == 0 {
			found.Add(path+".digest", "is the digest of %s already: give each machine a token of its own", other)
		}
		if faults = append(faults, found...); len(found.Fatal()) == 0 {
			digests[token.Digest] = path
			out.Tokens = append(out.Tokens, token)
		}
	}
	return out, faults
}

// tokenOf reads one token.
func tokenOf(t config.AdminToken, path string, now time.Time) (access.Token, fault.List) {
	var faults fault.List
	token := access.Token{Name: t.Name, Role: role(t.Role)}
	if n, err := hex.Decode(token.Digest[:], []byte(t.Digest.Reveal())); err != nil || n != len(token.Digest) {
		faults.Add(path+".digest", "is no SHA-256 of 64 lowercase hexadecimal digits")
	}
	var err error
	switch token.Expires, err = until(t.Expires); {
	case err != nil:
		faults.Add(path+".expires", "%s", err)
	case !now.Before(token.Expires):
		faults.Warn(path+".expires", "the token %s has expired: draw a new one, or take it out", t.Name)
	case token.Expires.Sub(now) > farAhead:
		faults.Warn(path+".expires", "is more than a year ahead: a token that leaks is of use as long")
	}
	for j, word := range t.Scopes {
		at := fmt.Sprintf("%s.scopes[%d]", path, j)
		permission, known := access.PermissionOf(word)
		switch {
		case !known:
			faults.Add(at, "%q is none of read, write, delete, configure, metrics", word)
		case slices.Contains(t.Scopes[:j], word):
			faults.Add(at, "%s stands here twice", word)
		case token.Role != access.NoRole && !token.Role.May(permission):
			faults.Add(at, "the role %s has no %s: give the token another role, or take the scope out", token.Role, word)
		default:
			token.Scopes = append(token.Scopes, permission)
		}
	}
	return token, faults
}

// until is when a token is no longer taken; of a date its beginning, in UTC.
func until(text string) (time.Time, error) {
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errors.New("is neither a date such as 2027-01-31 nor a time such as 2027-01-31T18:00:00Z")
	}
	return at, nil
}

// role is that of a word; of any other word the one that may do nothing.
func role(word string) access.Role {
	r, _ := access.RoleOf(word)
	return r
}

// listenerOf is where the window is.
func listenerOf(s *config.Settings) admin.Settings {
	return admin.Settings{Address: s.Listen.Admin, Certificate: s.Admin.TLS.Certificate, Key: s.Admin.TLS.Key, Hosts: s.Admin.Hosts}
}
