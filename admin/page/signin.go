package page

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"ivalt-radius/admin/access"
)

// SignIn is the page on which somebody says who they are. Its form is posted to /signin with the fields name, password and next.
type SignIn struct {
	Next       string        // the path to go to behind it; whoever takes the form checks it
	Name       string        // as typed before
	Failed     string        // why it did not work; empty: nobody tried
	NoAccounts bool          // the settings have none: nobody can
	RetryAfter time.Duration // how long to wait before the next try; 0: not at all
}

// Seconds is RetryAfter, rounded up.
func (s SignIn) Seconds() int { return int(math.Ceil(s.RetryAfter.Seconds())) }

// RenderSignIn writes the sign-in page.
func (p *Pages) RenderSignIn(w http.ResponseWriter, status int, s SignIn) {
	if s.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(s.Seconds()))
	}
	p.write(w, status, "signin", "signin.html", s)
}

// Problem is a page that says why there is no other.
type Problem struct {
	Title string // "Not for a viewer"
	Words string // what to do
	Who   access.Principal
}

// RenderProblem writes a page that says why there is no other: nobody may see it, or there is none. To htmx it is a part of a page.
func (p *Pages) RenderProblem(w http.ResponseWriter, r *http.Request, status int, d Problem) {
	p.show(w, r, status, sheet{View: "problem", Who: d.Who, Data: d})
}
