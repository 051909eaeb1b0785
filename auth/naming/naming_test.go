package naming

import "testing"

// TestDigest: the same texts under the same key are one digest; nothing else is.
func TestDigest(t *testing.T) {
	n := New()
	want := n.Digest("a", "bc", "")
	if got := n.Digest("a", "bc", ""); got != want {
		t.Error("the same texts differ")
	}
	for _, other := range [][]string{{"ab", "c", ""}, {"a", "bc"}, {"a", "bc", "", ""}, {"bc", "a", ""}, {}, {"abc"}} {
		if n.Digest(other...) == want {
			t.Errorf("%q has the digest of another", other)
		}
	}
	if New().Digest("a", "bc", "") == want {
		t.Error("two processes share a key")
	}
}

// TestID: 16 characters, never twice, of one process alike but for the count.
func TestID(t *testing.T) {
	n, seen := New(), map[string]bool{}
	for range 10_000 {
		id := n.ID()
		if len(id) != 16 || seen[id] {
			t.Fatalf("%q", id)
		}
		seen[id] = true
	}
	if a, b := n.ID(), New().ID(); a[:3] == b[:3] && a[3:6] == b[3:6] {
		t.Errorf("%q and %q: two processes name alike", a, b)
	}
}

// TestNumber: two digits, and not always the same.
func TestNumber(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		n := Number()
		if len(n) != 2 || n < "10" || n > "99" {
			t.Fatalf("%q", n)
		}
		seen[n] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d different numbers of a thousand", len(seen))
	}
}

// TestKeyed: the nodes that have a key digest alike, whoever has another one differently; names of attempts are each process's own.
func TestKeyed(t *testing.T) {
	a, b := Keyed([]byte("a key")), Keyed([]byte("a key"))
	if a.Digest("x", "y") != b.Digest("x", "y") {
		t.Error("two nodes with one key differ")
	}
	for name, other := range map[string]*Names{"another key": Keyed([]byte("a kez")), "no key": Keyed(nil), "a key by lot": New()} {
		if other.Digest("x", "y") == a.Digest("x", "y") {
			t.Errorf("%s: the same digest", name)
		}
	}
	if a.ID() == b.ID() {
		t.Error("two nodes name alike")
	}
}

// TestRestored: what takes a process's place digests as it did; without a whole secret it does so by lot.
func TestRestored(t *testing.T) {
	was := New()
	if Restored(was.Secret()).Digest("x", "y") != was.Digest("x", "y") {
		t.Error("the next process digests differently")
	}
	if Restored(was.Secret()).ID() == was.ID() {
		t.Error("it names alike")
	}
	zero := Restored(make([]byte, len(was.Secret()))).Digest("x", "y")
	for name, secret := range map[string][]byte{"none": nil, "a short one": was.Secret()[:5], "a long one": append(was.Secret(), 0)} {
		if got := Restored(secret).Digest("x", "y"); got == was.Digest("x", "y") || got == zero || got == Restored(secret).Digest("x", "y") {
			t.Errorf("%s: a known secret", name)
		}
	}
	was.Secret()[0]++
	if Restored(was.Secret()).Digest("x", "y") != was.Digest("x", "y") {
		t.Error("who has the secret can change it")
	}
}
