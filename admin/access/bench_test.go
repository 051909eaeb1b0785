package access

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// nothing is a response that nobody reads.
type nothing struct{ header http.Header }

func (n nothing) Header() http.Header         { return n.header }
func (n nothing) Write(p []byte) (int, error) { return len(p), nil }
func (n nothing) WriteHeader(int)             {}

// BenchmarkAdmit is what the door costs a request: with a session among as many as there may be, and with a token among three.
func BenchmarkAdmit(b *testing.B) {
	s, tokens := settings(b)
	h := newHouse(b, s)
	for i := range mostSessions - 1 { // of other accounts: each has ten at most
		if i%mostOfAccount == 0 {
			a := s.Accounts[0]
			a.Name = "a" + strings.Repeat("x", i/mostOfAccount%60) + strings.Repeat("y", i/mostOfAccount/60)
			s.Accounts = append(s.Accounts, a)
			h.Adopt(s)
		}
		h.table.begin(s.Accounts[len(s.Accounts)-1], peer(&http.Request{}), "")
	}
	door := h.API(Read, func(http.ResponseWriter, *http.Request, Principal) {})
	cookie := h.in("olga", bob)
	for name, header := range map[string][]string{"session": cookie, "token": {"Authorization", "Bearer " + tokens[Viewer]}, "nobody": {"X-Refresh", "1"}} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/api/read", nil)
			r.RemoteAddr = bob
			r.Header.Set(header[0], header[1])
			w := nothing{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				door.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkThrottle is a sign-in's two steps under a flood from everywhere, with full maps.
func BenchmarkThrottle(b *testing.B) {
	th := newThrottle(time.Now)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		y, _, err := th.enter("olga", peer(&http.Request{RemoteAddr: httptestAddr(i)}))
		if err != nil {
			b.Fatal(err)
		}
		y.failed()
	}
}

// httptestAddr is a peer of its own for each number.
func httptestAddr(i int) string {
	digits := []byte("[2001:db8:0000:0000::1]:9")
	const hex = "0123456789abcdef"
	for at := 13; at > 9; at-- {
		digits[at] = hex[i&15]
		i >>= 4
	}
	for at := 18; at > 14; at-- {
		digits[at] = hex[i&15]
		i >>= 4
	}
	return string(digits)
}
