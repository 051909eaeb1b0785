package access

import (
	"net/http"
	"net/netip"
	"slices"
)

// Permission is what somebody may do. The zero Permission is granted to nobody.
type Permission uint8

// The permissions, each of which a role has or has not.
const (
	Nothing   Permission = iota
	Read                 // look at everything but secrets
	Write                // operate: incidents, blocks, lockouts, sessions, rehearsals
	Delete               // take away what the server has learned, and other people's sessions
	Configure            // reload, and enforce what settings allow
	Metrics              // /metrics; every role has it, and a token may have it alone
)

// Permissions are all of them but Nothing, in the order of the settings.
func Permissions() []Permission { return []Permission{Read, Write, Delete, Configure, Metrics} }

// String is the word of the settings.
func (p Permission) String() string {
	switch p {
	case Read:
		return "read"
	case Write:
		return "write"
	case Delete:
		return "delete"
	case Configure:
		return "configure"
	case Metrics:
		return "metrics"
	case Nothing:
	}
	return "nothing"
}

// PermissionOf is the permission of a word of the settings; ok is false where there is none.
func PermissionOf(word string) (p Permission, ok bool) {
	for _, p := range Permissions() {
		if p.String() == word {
			return p, true
		}
	}
	return Nothing, false
}

// Role is what an account or a token is given. The zero Role may do nothing.
type Role uint8

// The roles.
const (
	NoRole Role = iota
	Viewer
	Operator
	Admin
)

// May reports that the role has a permission.
func (r Role) May(p Permission) bool {
	switch p {
	case Read, Metrics:
		return r >= Viewer && r <= Admin
	case Write:
		return r == Operator || r == Admin
	case Delete, Configure:
		return r == Admin
	case Nothing:
	}
	return false
}

// String is the word of the settings.
func (r Role) String() string {
	switch r {
	case Viewer:
		return "viewer"
	case Operator:
		return "operator"
	case Admin:
		return "admin"
	case NoRole:
	}
	return "none"
}

// Roles are all of them but NoRole, the least first.
func Roles() []Role { return []Role{Viewer, Operator, Admin} }

// RoleOf is the role of a word of the settings; ok is false where there is none.
func RoleOf(word string) (r Role, ok bool) {
	for _, r := range Roles() {
		if r.String() == word {
			return r, true
		}
	}
	return NoRole, false
}

// Holders are the roles that have a permission.
func Holders(p Permission) []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return !r.May(p) })
}

// Principal is who asks. The zero Principal may do nothing.
type Principal struct {
	Name    string // of the account or the token
	Machine bool   // a token
	Role    Role
	Scopes  []Permission // of a token: it has no others, whatever its role; nil: all of the role
	Address netip.Addr   // where the request comes from: the peer of the connection, whatever X-Forwarded-For says
	CSRF    string       // of the session: every form has it; empty for a token
	Session string       // the session's public handle; empty for a token
}

// May reports that the principal has a permission.
func (p Principal) May(need Permission) bool {
	return p.Role.May(need) && (p.Scopes == nil || slices.Contains(p.Scopes, need))
}

// Actor is the principal as the trail names it.
func (p Principal) Actor() string {
	kind := "account="
	if p.Machine {
		kind = "token="
	}
	return kind + p.Name + " address=" + p.Address.String()
}

// Handler answers whoever may ask.
type Handler func(w http.ResponseWriter, r *http.Request, who Principal)

// Door lets those through who may. Whoever changes something by a session must show its CSRF token, in the header X-CSRF-Token or in the form's
// field csrf.
type Door interface {
	// API answers whoever may not with a problem (RFC 9457), as 401 or 403.
	API(need Permission, next Handler) http.Handler
	// Page sends whoever is not signed in to the sign-in page, and tells whoever may not who may.
	Page(need Permission, next Handler) http.Handler
}
