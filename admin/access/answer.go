package access

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"time"
)

// problem is what the API says of a refusal (RFC 9457 section 3).
type problem struct {
	Type       string   `json:"type"`
	Title      string   `json:"title"`
	Status     int      `json:"status"`
	Detail     string   `json:"detail"`
	Permission string   `json:"permission,omitempty"`  // what is missing
	Roles      []string `json:"roles,omitempty"`       // who has it
	RetryAfter int      `json:"retry_after,omitempty"` // seconds
}

// seconds are whole ones, and one at least: what comes after them is not too early.
func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

// answerHeaders are those of a refusal, in whichever form.
func answerHeaders(w http.ResponseWriter, no *refusal) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if no.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds(no.wait)))
	}
	challenge := `Bearer realm="ivalt-radius"`
	switch { // RFC 6750 section 3
	case no.status == http.StatusUnauthorized && no.machine:
		h.Set("WWW-Authenticate", challenge+`, error="invalid_token"`)
	case no.status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", challenge)
	case no.status == http.StatusForbidden && no.machine:
		h.Set("WWW-Authenticate", challenge+`, error="insufficient_scope"`)
	}
}

// answerProblem is a refusal as the API words it.
func answerProblem(w http.ResponseWriter, _ *http.Request, no *refusal) {
	p := problem{Type: "about:blank", Title: http.StatusText(no.status), Status: no.status, Detail: no.words}
	if no.need != Nothing {
		p.Permission = no.need.String()
		for _, r := range Holders(no.need) {
			p.Roles = append(p.Roles, r.String())
		}
	}
	if no.wait > 0 {
		p.RetryAfter = seconds(no.wait)
	}
	answerHeaders(w, no)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(no.status)
	_ = json.NewEncoder(w).Encode(p)
}

// RefusedPage is what somebody sees who may not do what they asked for.
type RefusedPage struct {
	Status  int // the answer's
	Title   string
	Words   string        // why, and who may; safe, for people
	Wait    time.Duration // until it may help to try again; 0: it would not
	Missing Permission    // Nothing: it is not for want of one
	Who     Principal     // who asked; zero where that is not known
}

// answerPage is a refusal as pages word it. Who has no session is sent to sign in: a page by redirection, htmx by its header, while a stream, and
// whoever showed a token, are told as the API tells.
func (k *Keeper) answerPage(w http.ResponseWriter, r *http.Request, no *refusal) {
	if no.machine || streams(r) {
		answerProblem(w, r, no)
		return
	}
	if no.status != http.StatusUnauthorized {
		answerHeaders(w, no)
		page := RefusedPage{Status: no.status, Title: http.StatusText(no.status), Words: no.words, Wait: no.wait, Missing: no.need, Who: no.who}
		if k.deps.Refused != nil {
			k.deps.Refused(w, r, page)
			return
		}
		plain(w, no.status, refusedPage(), page)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	if fromHTMX(r) {
		w.Header().Set("HX-Redirect", toSignIn(r))
		answerProblem(w, r, no)
		return
	}
	w.Header().Set("Location", toSignIn(r))
	w.WriteHeader(http.StatusSeeOther)
}

// plain shows a page without the help of the page package.
func plain(w http.ResponseWriter, status int, t *template.Template, data any) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = t.Execute(w, data)
}

func refusedPage() *template.Template {
	return template.Must(template.New("refused").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}} · ivalt-radius</title></head>
<body><main id="main"><h1>{{.Title}}</h1><p>{{.Words}}</p><p><a href="/">Back to the start</a></p></main></body></html>
`))
}

func signInPage() *template.Template {
	return template.Must(template.New("signin").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in · ivalt-radius</title></head>
<body><main id="main"><h1>Sign in</h1>
{{with .Words}}<p role="alert">{{.}}</p>{{end}}
{{if .Nobody}}<p>{{.Nobody}}</p>{{else}}<form method="post" action="/signin">
<input type="hidden" name="next" value="{{.Next}}">
<p><label>Name <input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
<p><button>Sign in</button></p>
</form>{{end}}</main></body></html>
`))
}
