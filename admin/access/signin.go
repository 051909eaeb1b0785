package access

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/secret"
)

// What a sign-in form may hold, in octets.
const (
	mostSignIn      = 16 << 10
	longestTyped    = 256
	longestPassword = 4096 // as `hash-password` takes it
)

// busyWait is what is asked of those who find no room.
const busyWait = 5 * time.Second

// nobody is said where there are no accounts.
const nobody = "There are no accounts yet. Make a password's hash with `ivalt-radius hash-password`, put it with a name and a role (viewer, operator or admin) " +
	"into admin.accounts in the settings, and reload. `ivalt-radius init` writes one account for new settings."

// wrong is said of every failure alike.
const wrong = "The name or the password is wrong."

// SignInPage is what the sign-in page shows. Its form posts name, password and next to SignInPath, as application/x-www-form-urlencoded.
type SignInPage struct {
	Status int           // the answer's
	Next   string        // a local path, for the form's field next
	Words  string        // why it did not work; empty: nothing was tried
	Wait   time.Duration // until the next try; 0: at once
	Nobody string        // there are no accounts, and what to do about it; empty: there are some
}

// Handle serves signing in and out.
func (k *Keeper) Handle(mux *http.ServeMux) {
	mux.HandleFunc("GET "+SignInPath, k.form)
	mux.HandleFunc("POST "+SignInPath, k.signIn)
	mux.HandleFunc("POST "+SignOutPath, k.signOut)
}

// show writes the sign-in page.
func (k *Keeper) show(w http.ResponseWriter, r *http.Request, p SignInPage) {
	if !k.table.peopled() {
		p.Nobody = nobody
	}
	answerHeaders(w, &refusal{wait: p.Wait})
	if k.deps.Render != nil {
		k.deps.Render(w, r, p)
		return
	}
	plain(w, p.Status, signInPage(), p)
}

// form is the page; who is signed in already goes on.
func (k *Keeper) form(w http.ResponseWriter, r *http.Request) {
	next := local(r.URL.Query().Get("next"))
	if k.session(r, watching) != nil {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Location", next)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	k.show(w, r, SignInPage{Status: http.StatusOK, Next: next})
}

// typed is a form that was filled in.
type typed struct {
	name     string
	password secret.Secret
	next     string
}

// read is the form; where it is none, the status and the words to answer.
func (k *Keeper) read(w http.ResponseWriter, r *http.Request) (t typed, status int, words string) {
	if err := k.cross.Check(r); err != nil {
		k.counts.forged.Add(1)
		k.forgedBy("", peer(r), "another web site sent the sign-in form")
		return t, http.StatusForbidden, "The form was sent by another web site. Sign in on this page."
	}
	if !isForm(r) {
		return t, http.StatusUnsupportedMediaType, "The form must come as " + formType + "."
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostSignIn)
	if err := r.ParseForm(); err != nil {
		return t, http.StatusBadRequest, "The form cannot be read, or is too long."
	}
	t = typed{name: r.PostForm.Get("name"), password: secret.New(r.PostForm.Get("password")), next: local(r.PostForm.Get("next"))}
	if t.name == "" || t.password.Empty() || len(t.name) > longestTyped || t.password.Len() > longestPassword {
		return t, http.StatusBadRequest, "Give a name and a password."
	}
	return t, 0, ""
}

// signIn checks a name and a password, and begins a session. Whatever is wrong with them is answered with the same words after the same work.
func (k *Keeper) signIn(w http.ResponseWriter, r *http.Request) {
	form, status, words := k.read(w, r)
	if status == 0 && !k.table.peopled() {
		status = http.StatusForbidden
	}
	if status != 0 {
		k.show(w, r, SignInPage{Status: status, Next: local(form.next), Words: words})
		return
	}
	again := SignInPage{Next: form.next}
	try, wait, err := k.throttle.enter(form.name, peer(r))
	switch {
	case err != nil:
		k.counts.busy.Add(1)
		again.Status, again.Wait, again.Words = http.StatusServiceUnavailable, busyWait, "Too many sign-ins at once. Try again in a moment."
	case wait > 0:
		k.counts.throttled.Add(1)
		k.failedBy(form.name, peer(r), "not checked, after too many that failed")
		again.Status, again.Wait = http.StatusTooManyRequests, wait
		again.Words = fmt.Sprintf("Too many sign-ins failed. Try again in %d s.", seconds(wait))
	default:
		again = k.check(w, r, form, try)
	}
	if again.Status != 0 {
		k.show(w, r, again)
	}
}

// check is a try that may go on. Where it fails the page says so; a zero Status means that it is answered.
func (k *Keeper) check(w http.ResponseWriter, r *http.Request, form typed, try *try) SignInPage {
	again := SignInPage{Next: form.next}
	account, ok, err := k.verify(r.Context(), form, try.slow)
	if err != nil {
		try.undone()
		k.counts.busy.Add(1)
		again.Status, again.Wait, again.Words = http.StatusServiceUnavailable, busyWait, "The password could not be checked now. Try again in a moment."
		return again
	}
	var id string
	var s *session
	if ok {
		id, s, ok = k.table.begin(account, peer(r), clean(r.UserAgent()))
	}
	if !ok {
		try.failed()
		k.counts.failed.Add(1)
		k.failedBy(form.name, peer(r), "")
		again.Status, again.Words = http.StatusForbidden, wrong
		return again
	}
	if err := k.signedIn(r.Context(), s, s.principal(r)); err != nil {
		try.undone()
		k.table.take(s, unended)
		k.counts.busy.Add(1)
		k.deps.Log.WithError(err).Error("a sign-in at the window cannot be recorded, and is refused")
		again.Status, again.Wait = http.StatusServiceUnavailable, busyWait
		again.Words = "The sign-in cannot be recorded in the audit trail, so it is refused. Look at the server's disk: `ivalt-radius doctor`."
		return again
	}
	try.passed()
	k.counts.signedIn.Add(1)
	if before := k.session(r, watching); before != nil {
		k.table.take(before, replaced)
	}
	h := w.Header()
	http.SetCookie(w, cookie(id, 0))
	h.Set("Cache-Control", "no-store")
	h.Set("Location", form.next)
	w.WriteHeader(http.StatusSeeOther)
	return SignInPage{}
}

// cookie is the session's. It has no end of its own, which the server knows; a maxAge below 0 takes it away.
func cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: value, Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// verify checks a password, two at a time. For a name that is none it does the work for an account that there is, and fails.
func (k *Keeper) verify(ctx context.Context, form typed, slow time.Duration) (a Account, ok bool, err error) {
	if slow > 0 {
		timer := time.NewTimer(slow)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	select {
	case k.checks <- struct{}{}:
		defer func() { <-k.checks }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return Account{}, false, fmt.Errorf("waiting to check the password: %w", err)
	}
	account, known := k.table.account(form.name)
	hash := account.Password
	if !known {
		hash = k.table.decoy(form.name)
	}
	right, err := k.deps.Verify(ctx, hash, form.password)
	return account, right && known, err
}

// signOut ends the session, of whoever can show its CSRF token.
func (k *Keeper) signOut(w http.ResponseWriter, r *http.Request) {
	if s := k.session(r, watching); s != nil {
		if no := k.forgery(w, r, s); no != nil {
			no.who = s.principal(r)
			k.answerPage(w, r, no)
			return
		}
		if k.table.take(s, unended) {
			who := s.principal(r)
			k.note(audit.Action{Action: "window_signed_out", Actor: who.Actor(), Target: "session=" + s.handle})
		}
	}
	http.SetCookie(w, cookie("", -1))
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if fromHTMX(r) {
		h.Set("HX-Redirect", SignInPath)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.Set("Location", SignInPath)
	w.WriteHeader(http.StatusSeeOther)
}

// longestAgent is how many octets of a User-Agent are kept.
const longestAgent = 200

// clean is a text from outside that can be shown: bounded, with a mark for whatever is not printed.
func clean(text string) string {
	if len(text) > longestAgent {
		text = text[:longestAgent]
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == '\u007f' || hiddenRune(c) {
			return '\ufffd'
		}
		return c
	}, strings.ToValidUTF8(text, "\ufffd"))
}
