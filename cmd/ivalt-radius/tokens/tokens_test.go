package tokens

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
)

func noon() time.Time { return time.Date(2026, 11, 26, 13, 0, 0, 5, time.FixedZone("", 3600)) }

// command runs token and returns its exit code and what it says.
func command(stdout io.Writer, args ...string) (code int, said string) {
	var stderr bytes.Buffer
	err := commandtest.Into(context.Background(), NewCommand(noon), strings.NewReader(""), stdout, &stderr, args...)
	return exit.Code(err), stderr.String()
}

type element struct {
	Name    string
	Role    string
	Scopes  []string
	Digest  string
	Expires string
}

// TestToken: the token alone on standard output, and on standard error what the settings take, without it.
func TestToken(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want element
	}{
		"plain":  {[]string{"--name", "ci", "--role", "viewer"}, element{Name: "ci", Role: "viewer", Expires: "2027-02-24T12:00:00Z"}},
		"scopes": {[]string{"--name", "1", "--role", "admin", "--scopes", "read,configure", "--for", "24h"}, element{Name: "1", Role: "admin", Scopes: []string{"read", "configure"}, Expires: "2026-11-27T12:00:00Z"}},
		"year":   {[]string{"--name", "p-x.y", "--role", "operator", "--scopes", "metrics", "--for", "8784h"}, element{Name: "p-x.y", Role: "operator", Scopes: []string{"metrics"}, Expires: "2027-11-27T12:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			code, said := command(&out, c.args...)
			token, more, _ := strings.Cut(out.String(), "\n")
			if code != exit.OK || more != "" || !strings.HasPrefix(token, "ivr_") || len(token) != 56 || strings.Contains(said, token) {
				t.Fatalf("exit %d, %q, %s", code, out.String(), said)
			}
			var got struct{ Admin struct{ Tokens []element } }
			if err := yaml.Unmarshal([]byte(said), &got); err != nil || len(got.Admin.Tokens) != 1 {
				t.Fatalf("%v in %s", err, said)
			}
			digest := sha256.Sum256([]byte(token))
			c.want.Digest = hex.EncodeToString(digest[:])
			if diff := cmp.Diff(c.want, got.Admin.Tokens[0]); diff != "" {
				t.Error(diff)
			}
			var again bytes.Buffer
			if command(&again, c.args...); again.String() == out.String() {
				t.Error("the same token twice")
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no name":         {[]string{"--role", "viewer"}, `"name"`},
		"no role":         {[]string{"--name", "ci"}, `"role"`},
		"bad name":        {[]string{"--name", "c i", "--role", "viewer"}, "--name"},
		"bad role":        {[]string{"--name", "ci", "--role", "root"}, "--role"},
		"bad scope":       {[]string{"--name", "ci", "--role", "admin", "--scopes", "read,all"}, `"all"`},
		"scope of others": {[]string{"--name", "ci", "--role", "viewer", "--scopes", "write"}, "no permission write"},
		"for ever":        {[]string{"--name", "ci", "--role", "viewer", "--for", "8785h"}, "--for"},
		"for never":       {[]string{"--name", "ci", "--role", "viewer", "--for", "0s"}, "--for"},
	} {
		var out bytes.Buffer
		code, said := command(&out, c.args...)
		if code != exit.Usage || out.Len() > 0 || !strings.Contains(said, c.says) {
			t.Errorf("%s: exit %d, %q, %s", name, code, out.String(), said)
		}
	}
}

// broken is a full disk behind standard output.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("full") }

// TestTokenThatCannotBePrinted: nobody is told to trust what nobody has.
func TestTokenThatCannotBePrinted(t *testing.T) {
	if code, said := command(broken{}, "--name", "ci", "--role", "viewer"); code != exit.Fault || strings.Contains(said, "digest") {
		t.Errorf("exit %d: %s", code, said)
	}
}
