package mschap

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 3079 section 3.3, by the book
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"layeh.com/radius/rfc2759"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

// The vectors of RFC 2759 section 9.2 and RFC 3079 section 3.5.3.
const (
	userName      = "User"
	clientPass    = "clientPass"
	authChallenge = "5b5d7c7d7b3f2f3e3c2c602132262628"
	peerChallenge = "21402324255e262a28295f2b3a337c7e"
	ntResponse    = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
	passwordHash  = "44ebba8d5312b8d611474411f56989ae"
	authResponse  = "S=407A5589115FD0D6209F510FE9C04566932CDA56"
	masterKey     = "fdece3717a8c838cb388e527ae3cdd31"
	sendStartKey  = "8b7cdc149b993a1ba118cb153f56dccb"
)

func octets(tb testing.TB, text string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func parsed(tb testing.TB, digits string) Hash {
	tb.Helper()
	h, err := ParseHash(secret.New(digits))
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// vector is the RFC's exchange, with an identifier of 9.
func vector(tb testing.TB) auth.Handshake {
	tb.Helper()
	return auth.Handshake{
		Challenge: octets(tb, authChallenge),
		Response:  octets(tb, "0900"+peerChallenge+"0000000000000000"+ntResponse),
	}
}

// respond makes the exchange of a person who knows the hash, as some peer types the name.
func respond(tb testing.TB, hash, name string) auth.Handshake {
	tb.Helper()
	h := vector(tb)
	challenge := rfc2759.ChallengeHash(octets(tb, peerChallenge), h.Challenge, []byte(name))
	copy(h.Response[proofAt:], rfc2759.ChallengeResponse(challenge, octets(tb, hash)))
	return h
}

func TestVerify_VectorsOfTheRFCs(t *testing.T) {
	got, err := Verify(parsed(t, passwordHash), Names(userName), vector(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := "\x09" + authResponse; string(got.Success) != want {
		t.Errorf("MS-CHAP2-Success is %q, want %q", got.Success, want)
	}
	if key := hex.EncodeToString([]byte(got.SendKey.Reveal())); key != sendStartKey {
		t.Errorf("the send key is %s, want %s", key, sendStartKey)
	}
	// The RFC has no vector of the other key: here it is by the text of its section 3.3.
	book := octets(t, masterKey)
	book = append(book, make([]byte, 40)...)
	book = append(book, "On the client side, this is the send key; on the server side, it is the receive key."...)
	book = append(book, bytes.Repeat([]byte{0xf2}, 40)...)
	sum := sha1.Sum(book) //nolint:gosec // see above
	if got.RecvKey.Reveal() != string(sum[:16]) {
		t.Errorf("the receive key is %x, want %x", got.RecvKey.Reveal(), sum[:16])
	}
}

func TestVerify(t *testing.T) {
	nobody := strings.Repeat("0", 32)
	other := respond(t, passwordHash, userName)
	other.Challenge = octets(t, nobody)
	flipped := vector(t)
	flipped.Response[49] ^= 1
	peer := vector(t)
	peer.Response[2] ^= 1
	cut := func(challenge, response int) auth.Handshake {
		h := vector(t)
		return auth.Handshake{Challenge: append(h.Challenge, 0)[:challenge], Response: append(h.Response, 0)[:response]}
	}
	cases := []struct {
		name  string
		hash  Hash
		user  string
		shake auth.Handshake
		right bool
	}{
		{"the vector", parsed(t, passwordHash), userName, vector(t), true},
		{"the password's hash", HashOf(secret.New(clientPass)), userName, vector(t), true},
		{"domain sent, not typed", parsed(t, passwordHash), `CORP\User`, vector(t), true},
		{"domain sent and typed", parsed(t, passwordHash), `CORP\User`, respond(t, passwordHash, `CORP\User`), true},
		{"realm typed", parsed(t, passwordHash), "User@corp.example", respond(t, passwordHash, "User@corp.example"), true},
		{"the name's case counts", parsed(t, passwordHash), "user", vector(t), false},
		{"another name", parsed(t, passwordHash), "other", vector(t), false},
		{"a realm is no domain", parsed(t, passwordHash), "User@corp.example", vector(t), false},
		{"another password", HashOf(secret.New("clientpass")), userName, vector(t), false},
		{"another challenge", parsed(t, passwordHash), userName, other, false},
		{"last bit of the response flipped", parsed(t, passwordHash), userName, flipped, false},
		{"a bit of the peer's challenge flipped", parsed(t, passwordHash), userName, peer, false},
		{"unknown person", Hash{}, userName, vector(t), false},
		{"unknown person, response of a hash of zeros", Hash{}, userName, respond(t, nobody, userName), false},
		{"no response", parsed(t, passwordHash), userName, auth.Handshake{}, false},
		{"response of 49 octets", parsed(t, passwordHash), userName, cut(16, 49), false},
		{"response of 51 octets", parsed(t, passwordHash), userName, cut(16, 51), false},
		{"challenge of 15 octets", parsed(t, passwordHash), userName, cut(15, 50), false},
		{"challenge of 17 octets", parsed(t, passwordHash), userName, cut(17, 50), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Verify(c.hash, Names(c.user), c.shake)
			if c.right {
				if err != nil || len(got.Success) != 43 || got.SendKey.Len() != 16 || got.RecvKey.Len() != 16 {
					t.Errorf("got %d octets, keys of %d and %d, %v", len(got.Success), got.SendKey.Len(), got.RecvKey.Len(), err)
				}
				return
			}
			if !errors.Is(err, auth.ErrBadPassword) {
				t.Errorf("error is %v, want one that refuses the password", err)
			}
			if got.Success != nil || !got.SendKey.Empty() || !got.RecvKey.Empty() {
				t.Error("a refused login got a proof or keys")
			}
		})
	}
}

// TestVerify_NoNameNoEntry: nobody is right without a name to try.
func TestVerify_NoNameNoEntry(t *testing.T) {
	if _, err := Verify(parsed(t, passwordHash), nil, vector(t)); !errors.Is(err, auth.ErrBadPassword) {
		t.Errorf("error is %v", err)
	}
}

func TestNames_AlwaysTwo(t *testing.T) {
	for name, want := range map[string]string{"bob": "bob|bob", `CORP\bob`: `CORP\bob|bob`, `a\b\bob`: `a\b\bob|bob`, `CORP\`: `CORP\|`, "": "|"} {
		if got := strings.Join(Names(name), "|"); got != want {
			t.Errorf("%q gives %q, want %q", name, got, want)
		}
	}
}

func TestHash(t *testing.T) {
	if got := HashOf(secret.New(clientPass)); !got.octets.Equal(secret.New(string(octets(t, passwordHash)))) {
		t.Error("the RFC's password has another hash")
	}
	if got := HashOf(secret.New(clientPass)).Digits(); !strings.EqualFold(got.Reveal(), passwordHash) || !(Hash{}).Digits().Empty() {
		t.Error("the digits are another hash's")
	}
	if got := parsed(t, strings.ToUpper(passwordHash)); !got.octets.Equal(parsed(t, passwordHash).octets) {
		t.Error("upper-case digits read otherwise")
	}
	if HashOf(secret.New("\U0001d11e")).octets.Equal(HashOf(secret.New("\ufffd")).octets) {
		t.Error("a surrogate pair is lost")
	}
	for _, text := range []string{"", "00", strings.Repeat("0", 31), strings.Repeat("0", 33), strings.Repeat("0", 34), strings.Repeat("g", 32), " " + passwordHash} {
		if h, err := ParseHash(secret.New(text)); !errors.Is(err, ErrHash) || !h.Empty() {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestHash_PrintsNothing(t *testing.T) {
	h := parsed(t, passwordHash)
	inside := struct{ NT Hash }{h}
	raw := string(octets(t, passwordHash))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d", "%p"} {
		for _, value := range []any{h, &h, inside} {
			got := fmt.Sprintf(verb, value)
			if strings.Contains(strings.ToLower(got), passwordHash[:8]) || strings.Contains(got, raw[:4]) || strings.Contains(got, "68 235 186") {
				t.Errorf("%s shows %s", verb, got)
			}
		}
	}
	if text, err := json.Marshal(inside); err != nil || string(text) != `{"NT":"[redacted]"}` {
		t.Errorf("JSON shows %s, %v", text, err)
	}
	for _, text := range []string{passwordHash + "x", "x" + passwordHash[1:]} {
		if _, err := ParseHash(secret.New(text)); strings.Contains(err.Error(), passwordHash[1:9]) {
			t.Error("the error shows the hash")
		}
	}
}

// FuzzVerify: no handshake crashes it, and none but the right one opens.
func FuzzVerify(f *testing.F) {
	v := vector(f)
	f.Add(userName, v.Challenge, v.Response)
	f.Add(`CORP\User`, v.Challenge, v.Response)
	f.Add("", []byte{}, []byte{})
	f.Add("bob", make([]byte, 16), make([]byte, 50))
	hash := parsed(f, passwordHash)
	f.Fuzz(func(t *testing.T, name string, challenge, response []byte) {
		shake := auth.Handshake{Challenge: challenge, Response: response}
		got, err := Verify(hash, Names(name), shake)
		if (err == nil) != (len(got.Success) == 43) {
			t.Fatalf("error %v, proof of %d octets", err, len(got.Success))
		}
		if _, err := Verify(Hash{}, Names(name), shake); !errors.Is(err, auth.ErrBadPassword) {
			t.Fatalf("nobody is let in: %v", err)
		}
	})
}
