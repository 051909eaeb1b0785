package access

import (
	"context"
	"net/http"
	"net/netip"
	"unicode"

	"ivalt-radius/audit"
)

// hiddenRune reports a character that a terminal may obey, or that nobody sees.
func hiddenRune(c rune) bool { return !unicode.IsPrint(c) }

// How many octets of a request stand in the trail. A method is any token (RFC 9110, section 9.1).
const (
	longestMethod = 20
	longestPath   = 200
)

// signedIn keeps that somebody signed in; nobody is, as long as that is not durable.
func (k *Keeper) signedIn(ctx context.Context, s *session, who Principal) error {
	return k.deps.Recorder.Commit(ctx, audit.Action{ //nolint:wrapcheck // whoever calls words it
		Action: "window_signed_in", Actor: who.Actor(), Target: "session=" + s.handle, Detail: "role " + s.account.Role.String(),
	})
}

// failedBy keeps that a sign-in failed. A name that is no account's is not kept: it may be a password, typed into the wrong field.
func (k *Keeper) failedBy(name string, from netip.Addr, why string) {
	if !k.failed.take() {
		return
	}
	if _, known := k.table.account(name); !known {
		name = ""
	}
	switch {
	case why != "":
	case name == "":
		why = "no account has the name"
	default:
		why = "the password was wrong"
	}
	k.note(audit.Security{Event: "window_sign_in_failed", User: name, CallingStation: text(from), Detail: why})
}

// refusedToken keeps that a token was none.
func (k *Keeper) refusedToken(name string, from netip.Addr, why string) {
	if k.tokens.take() {
		k.note(audit.Security{Event: "window_token_refused", User: name, CallingStation: text(from), Detail: why})
	}
}

// forgedBy keeps that a request came without the session's CSRF token.
func (k *Keeper) forgedBy(name string, from netip.Addr, why string) {
	if k.forged.take() {
		k.note(audit.Security{Event: "window_request_forged", User: name, CallingStation: text(from), Detail: why})
	}
}

// lacks keeps that somebody asked for what they may not do.
func (k *Keeper) lacks(who Principal, need Permission, r *http.Request) {
	if k.refused.take() {
		method, path := r.Method[:min(len(r.Method), longestMethod)], r.URL.Path[:min(len(r.URL.Path), longestPath)]
		k.note(audit.Action{Action: "window_refused", Actor: who.Actor(), Target: method + " " + path, Detail: "the permission " + need.String() + " is missing"})
	}
}

// over keeps that a session ended by itself.
func (k *Keeper) over(s *session, why ending) {
	detail := "session=" + s.handle + " account=" + s.account.Name + ": " + why.String()
	switch why {
	case withdrawn, rehashed, reranked:
		k.note(audit.System{Event: "window_session_revoked", Detail: detail})
	case idled, aged, crowded, replaced:
		k.note(audit.System{Event: "window_session_expired", Detail: detail})
	case unended, dropped:
	}
}

// text is an address for the trail.
func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
