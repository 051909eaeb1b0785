package approvals

import (
	"strings"
	"testing"
	"time"

	"ivalt-radius/auth/naming"
	"ivalt-radius/policy"
)

type post struct {
	from *Store
	text []byte
}

// wired are two stores; what they tell waits in posts.
func wired(t *testing.T) (a, b *Store, posts *[]post) {
	t.Helper()
	names, posts := naming.New(), &[]post{}
	a, b = Shared(names, nil), Shared(names, nil)
	for _, s := range []*Store{a, b} {
		s.Tell = func(text []byte) { *posts = append(*posts, post{s, text}) }
	}
	return a, b, posts
}

func deliver(t *testing.T, a, b *Store, posts *[]post, at time.Time) {
	t.Helper()
	all := *posts
	*posts = nil
	for _, p := range all {
		to := a
		if p.from == a {
			to = b
		}
		if err := to.Apply(at, p.text); err != nil {
			t.Fatal(err)
		}
	}
	if len(*posts) != 0 {
		t.Fatal("what was heard is told on")
	}
}

func home(s *Store, password string) Approval {
	return Approval{
		Client: "vpn", Station: "192.0.2.1", Factor: policy.FileFactor, Credential: s.Digest("password", "bob", password), Phone: s.Digest("phone", "1"), At: time.Now(),
	}
}

func TestRememberedAtAllNodes(t *testing.T) {
	a, b, posts := wired(t)
	now := time.Now()
	a.Keep("bob", home(a, "pw"))
	if text := string((*posts)[0].text); strings.Contains(text, "pw\"") || len(text) > 400 {
		t.Errorf("told %s", text)
	}
	deliver(t, a, b, posts, now)
	phones := []Digest{b.Digest("phone", "1")}
	login, station := b.Recall("bob", home(b, "pw"), phones)
	if !login.Equal(now) || !station.Equal(now) {
		t.Errorf("recalled %s, %s", login, station)
	}
	if login, _ := b.Recall("eve", home(b, "pw"), phones); !login.IsZero() {
		t.Error("another person's")
	}
	b.Forget("bob")
	deliver(t, a, b, posts, now)
	if login, station := a.Look("bob", home(a, "pw"), phones); !login.IsZero() || !station.IsZero() {
		t.Error("taken back at the other node, and it counts here")
	}
}

// TestAChangedPasswordIsChangedAtAllNodes: who shows the new one makes what stood behind the old one count nowhere.
func TestAChangedPasswordIsChangedAtAllNodes(t *testing.T) {
	a, b, posts := wired(t)
	a.Keep("bob", home(a, "old"))
	deliver(t, a, b, posts, time.Now())
	phones := []Digest{a.Digest("phone", "1")}
	if login, station := b.Recall("bob", home(b, "new"), phones); !login.IsZero() || !station.IsZero() {
		t.Error("it counts behind another password")
	}
	deliver(t, a, b, posts, time.Now())
	if login, _ := a.Look("bob", home(a, "old"), phones); !login.IsZero() {
		t.Error("the old password counts at the other node")
	}
}

// TestWhatWasTakenBackStaysSo: an approval that was told before does not come back by arriving late.
func TestWhatWasTakenBackStaysSo(t *testing.T) {
	a, b, posts := wired(t)
	phones := []Digest{a.Digest("phone", "1")}
	early := time.Now()
	a.Keep("bob", home(a, "pw"))
	b.Forget("bob")
	*posts = (*posts)[:1]
	deliver(t, a, b, posts, early)
	if login, _ := b.Look("bob", home(b, "pw"), phones); !login.IsZero() {
		t.Error("it is back")
	}
	a.Keep("bob", home(a, "pw"))
	deliver(t, a, b, posts, time.Now().Add(time.Second))
	if login, _ := b.Look("bob", home(b, "pw"), phones); login.IsZero() {
		t.Error("a newer one is not kept")
	}
}

func TestApplyRefuses(t *testing.T) {
	a, b, posts := wired(t)
	a.Keep("bob", home(a, "pw"))
	fine := string((*posts)[0].text)
	phones := []Digest{b.Digest("phone", "1")}
	for name, text := range map[string]string{
		"nothing":         "",
		"another version": strings.Replace(fine, `"v":1`, `"v":2`, 1),
		"another kind":    strings.Replace(fine, `"keep"`, `"give"`, 1),
		"nobody":          strings.Replace(fine, `"bob"`, `""`, 1),
		"no client":       strings.Replace(fine, `"vpn"`, `""`, 1),
		"no station":      strings.Replace(fine, `"192.0.2.1"`, `""`, 1),
		"a long station":  strings.Replace(fine, `192.0.2.1`, strings.Repeat("1", mostName), 1),
		"another factor":  strings.Replace(fine, `"file"`, `"card"`, 1),
		"a short digest":  strings.Replace(fine, `"p":"`, `"p":"AA==","x":"`, 1),
		"no phone":        strings.Replace(fine, `"p":"`, `"p":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","x":"`, 1),
		"too long":        fine + strings.Repeat(" ", mostTold),
	} {
		if err := b.Apply(time.Now(), []byte(text)); err == nil || text == fine {
			t.Errorf("%s: no error", name)
		}
		if _, station := b.Look("bob", home(b, "pw"), phones); !station.IsZero() {
			t.Fatalf("%s: kept", name)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add([]byte(`{"v":1,"k":"keep","n":"bob","c":"vpn","s":"192.0.2.1","f":"file","w":"AAAA","p":"AAAA"}`))
	f.Add([]byte(`{"v":1,"k":"forget","n":"bob"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := Shared(naming.New(), nil)
		err := s.Apply(time.Now(), text)
		if err == nil && len(text) > mostTold {
			t.Error("too long")
		}
	})
}
