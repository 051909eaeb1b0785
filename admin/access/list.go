package access

import (
	"cmp"
	"hash/maphash"
	"maps"
	"net/netip"
	"slices"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/secret"
)

// SessionInfo is a session as it is listed. Nothing in it opens anything.
type SessionInfo struct {
	Handle    string     `json:"handle"` // its public name
	Account   string     `json:"account"`
	Role      string     `json:"role"`
	Address   netip.Addr `json:"address"`    // where it began
	UserAgent string     `json:"user_agent"` // as the browser says, cut to 200 octets, without what cannot be printed
	Begun     time.Time  `json:"begun"`
	Seen      time.Time  `json:"seen"` // the last request, a page's own refreshes apart
	Ends      time.Time  `json:"ends"` // where nothing is done in it any more
	Current   bool       `json:"current"`
}

// Sessions are those that somebody may see, those seen last first: their own, and all where they have Delete.
func (k *Keeper) Sessions(who Principal) []SessionInfo {
	all := k.table.list(who.sees)
	for i := range all {
		all[i].Current = !who.Machine && who.Session != "" && all[i].Handle == who.Session
	}
	return all
}

// sees reports a session that somebody may see and end. A token has none of its own, whatever its name.
func (p Principal) sees(s *session) bool {
	return p.May(Delete) || !p.Machine && p.May(Read) && p.Name == s.account.Name
}

// End ends a session by its handle. The error is a view.Refusal, Missing also where it is somebody else's and by has not Delete.
func (k *Keeper) End(handle string, by Principal) error {
	s := k.table.named(handle)
	if s == nil || !by.sees(s) || !k.table.take(s, unended) {
		return view.Refusal{Kind: view.Missing, Words: "there is no such session: it may have ended already"}
	}
	k.note(audit.Action{
		Action: "window_session_ended", Actor: by.Actor(), Target: "session=" + s.handle + " account=" + s.account.Name, Detail: "ended by hand",
	})
	return nil
}

// list is the sessions that are there, of those that are wanted.
func (t *table) list(wanted func(*session) bool) []SessionInfo {
	list := []SessionInfo{}
	t.mu.Lock()
	now := t.now()
	for _, s := range t.sessions {
		if wanted(s) && t.lapsed(s, now) == unended {
			list = append(list, SessionInfo{
				Handle: s.handle, Account: s.account.Name, Role: s.account.Role.String(), Address: s.address, UserAgent: s.agent,
				Begun: s.begun, Seen: s.seen, Ends: t.ends(s),
			})
		}
	}
	t.mu.Unlock()
	slices.SortFunc(list, func(a, b SessionInfo) int {
		return cmp.Or(b.Seen.Compare(a.Seen), cmp.Compare(a.Handle, b.Handle))
	})
	return list
}

// named is the session of a handle; nil where there is none.
func (t *table) named(handle string) *session {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.sessions {
		if s.handle == handle {
			return s
		}
	}
	return nil
}

// account is that of a name.
func (t *table) account(name string) (Account, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.accounts[name]
	return a, ok
}

// decoy is the hash of an account, always the same for a name: checking a password of a name that is none takes its time from it.
func (t *table) decoy(name string) secret.Secret {
	t.mu.Lock()
	defer t.mu.Unlock()
	names := slices.Sorted(maps.Keys(t.accounts))
	if len(names) == 0 {
		return secret.Secret{}
	}
	return t.accounts[names[maphash.String(t.seed, name)%uint64(len(names))]].Password
}

// peopled reports that there is an account.
func (t *table) peopled() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.accounts) > 0
}
