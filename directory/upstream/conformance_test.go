//go:build conformance

package upstream

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// response is a row of packets_all.jsonl or blastradius.jsonl.
type response struct {
	ID, Hex       string
	Direction     string  // of packets_all.jsonl
	Role          string  // of blastradius.jsonl
	Secret        *string // nobody may know it
	Authenticator string  `json:"request_authenticator"`
	Verifies      bool    `json:"response_authenticator_verifies"`
}

// judged is what the client that asks an upstream server says of the response.
func (r response) judged(t *testing.T) error {
	t.Helper()
	raw, err := hex.DecodeString(r.Hex)
	authenticator, bad := hex.DecodeString(r.Authenticator)
	if err != nil || bad != nil || len(authenticator) != 16 {
		t.Fatalf("%s: %v, %v, an authenticator of %d octets", r.ID, err, bad, len(authenticator))
	}
	request := append([]byte{1, 0, 0, 20}, authenticator...)
	if len(raw) > 1 {
		request[1] = raw[1]
	}
	_, err = judge(raw, request, []byte(*r.Secret))
	return err
}

// TestConformance_Responses: the responses of other projects' vectors, as a client sees them (CONFORMANCE_VECTORS names their directory). One that is
// signed as its project says is not taken for a forgery; without Message-Authenticator it counts as little, and the collision of Blast-RADIUS,
// whose Response Authenticator is right, as little as those.
func TestConformance_Responses(t *testing.T) {
	for file, want := range map[string]int{"packets_all.jsonl": 1, "blastradius.jsonl": 2} {
		text, err := os.ReadFile(filepath.Join(os.Getenv("CONFORMANCE_VECTORS"), file)) //nolint:gosec // whoever runs the test names the directory
		if err != nil {
			t.Fatal(err)
		}
		rows, passed, unknown, requests := 0, 0, 0, 0
		for line := range strings.Lines(string(text)) {
			var r response
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			rows++
			switch {
			case r.Direction == "request" || strings.HasSuffix(r.Role, "->server"):
				requests++
				continue
			case r.Secret == nil || r.Authenticator == "":
				unknown++
				continue
			}
			err := r.judged(t)
			forged := errors.Is(err, errForged)
			switch {
			case err == nil && r.Role != "":
				t.Errorf("%s is taken", r.ID)
			case r.Verifies && forged:
				t.Errorf("%s: %v", r.ID, err)
			case r.ID == "blast-forged-accept" && !errors.Is(err, errUnsigned):
				t.Errorf("%s is not refused for want of a Message-Authenticator, but: %v", r.ID, err)
			case strings.HasPrefix(r.ID, "flexinets-accept-with-ma") && err != nil:
				t.Errorf("%s, which is signed: %v", r.ID, err)
			default:
				passed++
			}
		}
		if passed < want {
			t.Errorf("%s: only %d responses were judged", file, passed)
		}
		t.Logf("%s: %d rows, %d responses passed as a client sees them, %d not here (their secret or request is unknown), %d not here (requests, which radius judges)", file, rows, passed, unknown, requests)
	}
}
