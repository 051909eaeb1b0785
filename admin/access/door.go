package access

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// cookieName has the prefix with which browsers take a cookie from no other host, path or scheme (RFC 6265bis section 4.1.3.2).
const cookieName = "__Host-ivalt_radius"

// The names under which a session's CSRF token comes.
const (
	csrfHeader = "X-CSRF-Token"
	csrfField  = "csrf"
)

// mostForm is how many octets a form may have that the Door reads for its CSRF token; what comes as JSON is not read here.
const mostForm = 64 << 10

const formType = "application/x-www-form-urlencoded"

// refusal is why somebody is not let through.
type refusal struct {
	status  int
	words   string
	need    Permission    // what is missing; Nothing: it is not that
	wait    time.Duration // until the next try; 0: it would not help
	machine bool          // it came with an Authorization
	who     Principal     // as far as that is known
}

// API implements Door.
func (k *Keeper) API(need Permission, next Handler) http.Handler {
	return k.door(need, next, answerProblem)
}

// Page implements Door.
func (k *Keeper) Page(need Permission, next Handler) http.Handler {
	return k.door(need, next, k.answerPage)
}

// door lets those through who have a permission. The context of the request that they come with ends with their session or token too, so that no
// stream outlives it.
func (k *Keeper) door(need Permission, next Handler, refuse func(http.ResponseWriter, *http.Request, *refusal)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, life, no := k.admit(w, r, need)
		if no != nil {
			refuse(w, r, no)
			return
		}
		ctx, done := life.bind(r.Context())
		defer done()
		next(w, r.WithContext(ctx), who)
	})
}

// admit says who asks, and whether they may. A token counts before a session, also where it is none: no request falls back on the cookie.
func (k *Keeper) admit(w http.ResponseWriter, r *http.Request, need Permission) (who Principal, l life, no *refusal) {
	if token, shown := bearer(r); shown {
		who, l, no = k.byToken(r, token)
	} else {
		who, l, no = k.bySession(w, r)
	}
	if no == nil && !who.May(need) {
		no = k.lacking(r, who, need)
	}
	return who, l, no
}

// bySession is who has a session. What changes something must show its CSRF token, and must not come from another web site.
func (k *Keeper) bySession(w http.ResponseWriter, r *http.Request) (Principal, life, *refusal) {
	u := acting
	if r.Header.Get("X-Refresh") != "" || streams(r) {
		u = watching
	}
	s := k.session(r, u)
	if s == nil {
		return Principal{}, life{}, &refusal{status: http.StatusUnauthorized, words: "sign in, or show a token as Authorization: Bearer"}
	}
	who := s.principal(r)
	if no := k.forgery(w, r, s); no != nil {
		no.who = who
		return Principal{}, life{}, no
	}
	return who, life{over: s.over}, nil
}

// session is that of the request's cookie; nil where there is none, or more than one.
func (k *Keeper) session(r *http.Request, u use) *session {
	cookies := r.CookiesNamed(cookieName)
	if len(cookies) != 1 {
		return nil
	}
	return k.table.find(cookies[0].Value, u)
}

// principal is whose session it is, and where the request comes from.
func (s *session) principal(r *http.Request) Principal {
	return Principal{Name: s.account.Name, Role: s.account.Role, Address: peer(r), CSRF: s.csrf, Session: s.handle}
}

// forgery says whether a request that changes something may be another web site's.
func (k *Keeper) forgery(w http.ResponseWriter, r *http.Request, s *session) *refusal {
	if safe(r) {
		return nil
	}
	why := ""
	if err := k.cross.Check(r); err != nil {
		why = "the browser says that another web site made it"
	} else if subtle.ConstantTimeCompare([]byte(csrf(w, r)), []byte(s.csrf)) != 1 {
		why = "the session's CSRF token is missing or another"
	}
	if why == "" {
		return nil
	}
	k.counts.forged.Add(1)
	k.forgedBy(s.account.Name, peer(r), why)
	return &refusal{status: http.StatusForbidden, words: "the request changes something, and " + why + ": load the page anew, and do it there"}
}

// csrf is the token that a request shows: in its header, else in the body of its form. Neither the query nor a multipart form is looked at.
func csrf(w http.ResponseWriter, r *http.Request) string {
	if shown := r.Header.Get(csrfHeader); shown != "" || !isForm(r) {
		return shown
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		return ""
	}
	return r.PostForm.Get(csrfField)
}

// isForm reports a body that is a plain form.
func isForm(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), formType)
}

// lacking is the refusal of somebody who has not the permission.
func (k *Keeper) lacking(r *http.Request, who Principal, need Permission) *refusal {
	k.counts.refused.Add(1)
	k.lacks(who, need, r)
	words := "this needs the permission " + need.String() + ", which " + holders(need) + "; the role here is " + who.Role.String()
	if who.Role.May(need) {
		words = "this needs the permission " + need.String() + ", which is none of the token's scopes"
	}
	return &refusal{status: http.StatusForbidden, words: words, need: need, machine: who.Machine, who: who}
}

// holders are the words for the roles that have a permission.
func holders(need Permission) string {
	var names []string
	for _, r := range Holders(need) {
		names = append(names, r.String())
	}
	switch len(names) {
	case 0:
		return "no role has"
	case 1:
		return "the role " + names[0] + " has"
	}
	return "the roles " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " have"
}
