//go:build conformance

package mschap

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"layeh.com/radius/rfc2759"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

// exchange is a row of crypto.jsonl that is MS-CHAPv2.
type exchange struct {
	ID, Kind, User, Plain, Response string

	Challenge string `json:"auth_challenge"`
	Peer      string `json:"peer_challenge"`
	NT        string `json:"nt_response"`
	Server    string `json:"authenticator_response"`
}

// login says what is wrong where the password's own response does not count, or another password's does.
func (x exchange) login(t *testing.T) (wrong string) {
	t.Helper()
	h := auth.Handshake{Challenge: octets(t, x.Challenge), Response: octets(t, "0000"+x.Peer+"0000000000000000"+x.Response)}
	got, err := Verify(HashOf(secret.New(x.Plain)), Names(x.User), h)
	if err != nil || !strings.Contains(string(got.Success), x.Server) {
		wrong = fmt.Sprintf("%v, and the server proves itself by %q, want %q. ", err, got.Success, x.Server)
	}
	if _, err := Verify(HashOf(secret.New(x.Plain+".")), Names(x.User), h); err == nil {
		wrong += "another password is as good"
	}
	return wrong
}

// proof says what is wrong with the server's own proof after a response that need not be the password's.
func (x exchange) proof(t *testing.T) (wrong string) {
	t.Helper()
	challenge := rfc2759.ChallengeHash(octets(t, x.Peer), octets(t, x.Challenge), []byte(x.User))
	got, err := success([]byte(HashOf(secret.New(x.Plain)).octets.Reveal()), challenge, 0, octets(t, x.NT))
	if err != nil || string(got.Success[1:]) != x.Response {
		return fmt.Sprintf("%q, %v, want %q", got.Success, err, x.Response)
	}
	return ""
}

// TestConformance_Crypto: the MS-CHAPv2 exchanges of other projects' vectors (CONFORMANCE_VECTORS names their directory).
func TestConformance_Crypto(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(os.Getenv("CONFORMANCE_VECTORS"), "crypto.jsonl")) //nolint:gosec // whoever runs the test names the directory
	if err != nil {
		t.Fatal(err)
	}
	rows, passed, others := 0, 0, 0
	for line := range strings.Lines(string(text)) {
		var x exchange
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatal(err)
		}
		rows++
		var wrong string
		switch x.Kind {
		case "mschapv2-nt-response":
			wrong = x.login(t)
		case "mschapv2-authenticator-response":
			wrong = x.proof(t)
		default:
			others++
			continue
		}
		if wrong != "" {
			t.Errorf("%s: %s", x.ID, wrong)
			continue
		}
		passed++
	}
	if passed == 0 {
		t.Error("there is no MS-CHAPv2 in it")
	}
	t.Logf("crypto.jsonl: %d rows, %d passed, %d not here (no MS-CHAPv2: radius judges them, or says why not)", rows, passed, others)
}
