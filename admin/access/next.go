package access

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// SignInPath is where people sign in, SignOutPath where they sign out.
const (
	SignInPath  = "/signin"
	SignOutPath = "/signout"
)

// home is where somebody goes who came from nowhere.
const home = "/"

// longestNext is how many octets a path to go back to may have.
const longestNext = 512

// local is a path of this server to go to after the sign-in, with its query: whatever it is given that is none becomes home. Browsers take a
// backslash for a slash, and leave tabs and line breaks out: so none of them may be in it.
func local(next string) string {
	if len(next) > longestNext || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsFunc(next, func(c rune) bool { return c == '\\' || c > unicode.MaxASCII || !unicode.IsPrint(c) || c == ' ' }) {
		return home
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") {
		return home
	}
	if u.Path == SignInPath || u.Path == SignOutPath {
		return home
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
}

// toSignIn is the sign-in page's path for a request that needs somebody to be signed in, and leads back: to the page that is asked for, or where
// htmx asks for a part of one, to that page.
func toSignIn(r *http.Request) string {
	next := home
	switch {
	case fromHTMX(r):
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil && u.Host == r.Host {
			next = local(u.RequestURI())
		}
	case safe(r):
		next = local(r.URL.RequestURI())
	}
	if next == home {
		return SignInPath
	}
	return SignInPath + "?" + url.Values{"next": {next}}.Encode()
}

// safe reports a method that changes nothing (RFC 9110 section 9.2.1), of those that the window answers.
func safe(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

func fromHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// streams reports an EventSource.
func streams(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}
