package access

import (
	"net/netip"
	"time"
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
