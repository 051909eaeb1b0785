package identity

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// Username is a login name in canonical form: the one that rules, lockout, look-up, push and logs use. The zero Username
// names nobody.
type Username struct{ name string }

// ErrUsername says that a User-Name can name nobody.
var ErrUsername = errors.New("the user name is empty, too long or holds characters that no name may hold")

// MaxName is the longest value of an attribute (RFC 2865 section 5).
const MaxName = 253

// ParseUsername makes the canonical form of a User-Name (RFC 8265 UsernameCaseMapped; parts divided by single spaces are
// mapped one by one, as its section 3.1 builds a username). Whatever the profile refuses (control and format characters,
// overlong forms, leading, trailing and double spaces) is ErrUsername.
func ParseUsername(raw string) (Username, error) {
	if raw == "" || len(raw) > MaxName || !utf8.ValidString(raw) {
		return Username{}, ErrUsername
	}
	if plainName(raw) {
		return Username{name: strings.ToLower(raw)}, nil
	}
	parts := strings.Split(raw, " ")
	for i, part := range parts {
		mapped, err := precis.UsernameCaseMapped.String(part)
		if err != nil || mapped == "" {
			return Username{}, ErrUsername
		}
		parts[i] = mapped
	}
	name := strings.Join(parts, " ")
	if len(name) > MaxName || strings.ContainsFunc(name, invisible) {
		return Username{}, ErrUsername
	}
	return Username{name: name}, nil
}

// plainName reports a name of printable ASCII without space, for which the profile is strings.ToLower; it spares nearly
// every login the profile's deep stack.
func plainName(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// invisible reports characters that make two names look alike. The profile refuses them already; this is the second lock.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r) || r == utf8.RuneError || r == '\ufeff'
}

// String is the canonical name.
func (u Username) String() string { return u.name }

// Local is the part that a rule's pattern without `@` and `\` is tested against, and the `{username}` of `users.email`:
// what stands between the last `\` and the first `@` behind it.
func (u Username) Local() string {
	local := u.name
	if i := strings.LastIndexByte(local, '\\'); i >= 0 {
		local = local[i+1:]
	}
	if i := strings.IndexByte(local, '@'); i >= 0 {
		local = local[:i]
	}
	return local
}

// Visible shows a name that is none: ASCII, with everything else escaped, and bounded.
func Visible(name string) string {
	quoted := strconv.QuoteToASCII(name[:min(len(name), MaxName)])
	return strings.Trim(quoted, `"`)
}
