package window

import (
	"net/http"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page"
)

// rest serves what belongs to no other part: /metrics, the way in, and what is not there.
func (w *Window) rest(mux *http.ServeMux) {
	scraped := w.keeper.API(access.Metrics, func(to http.ResponseWriter, r *http.Request, _ access.Principal) { w.deps.Metrics.ServeHTTP(to, r) })
	mux.HandleFunc("GET /metrics", func(to http.ResponseWriter, r *http.Request) {
		if !w.token.Load() && direct(r) {
			w.deps.Metrics.ServeHTTP(to, r)
			return
		}
		scraped.ServeHTTP(to, r)
	})
	mux.HandleFunc("GET /{$}", func(to http.ResponseWriter, r *http.Request) { http.Redirect(to, r, "/now", http.StatusSeeOther) })
	mux.Handle("/", w.keeper.Page(access.Read, func(to http.ResponseWriter, r *http.Request, who access.Principal) {
		w.pages.RenderProblem(to, r, http.StatusNotFound, page.Problem{Title: "There is no such page", Words: "Choose one of the views beside.", Who: who})
	}))
}

// renderSignIn shows the door's form as a page.
func (w *Window) renderSignIn(to http.ResponseWriter, _ *http.Request, p access.SignInPage) {
	w.pages.RenderSignIn(to, p.Status, page.SignIn{Next: p.Next, Failed: p.Words, NoAccounts: p.Nobody != "", RetryAfter: p.Wait})
}

// renderRefused shows why somebody may not.
func (w *Window) renderRefused(to http.ResponseWriter, r *http.Request, p access.RefusedPage) {
	w.pages.RenderProblem(to, r, p.Status, page.Problem{Title: p.Title, Words: p.Words, Who: p.Who})
}

// sessions are the door's, as the page shows them.
func (w *Window) sessions(who access.Principal) []page.Session {
	var out []page.Session
	for _, s := range w.keeper.Sessions(who) {
		role, _ := access.RoleOf(s.Role)
		out = append(out, page.Session{
			Handle: s.Handle, Account: s.Account, Role: role, Address: s.Address.String(), Began: s.Begun, Used: s.Seen, Ends: s.Ends, This: s.Current,
		})
	}
	return out
}

// Sessions is how many are signed in.
func (w *Window) Sessions() int { return w.keeper.Counts().Sessions }

// SignIns are those since the start, by what came of them.
func (w *Window) SignIns() map[string]uint64 {
	c := w.keeper.Counts()
	return map[string]uint64{"succeeded": c.SignedIn, "failed": c.Failed, "throttled": c.Throttled, "busy": c.Busy}
}
