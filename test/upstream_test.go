package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/directory/upstream"
	"ivalt-radius/policy"
	"ivalt-radius/radius/reply"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// anything is a dictionary that knows every name.
type anything struct{}

func (anything) Known(string) bool                      { return true }
func (anything) Describe(byte, []byte) []upstream.Named { return nil }

// TestEncryptedAttributesNeverPass holds the upstream client's list of what never passes against the tables of attributes: what travels
// encrypted is for one secret and one request, and the two rooms do not see each other.
func TestEncryptedAttributesNeverPass(t *testing.T) {
	tables, err := filepath.Glob("../radius/attribute/table*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, table := range tables {
		text, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^([\w-]+) \d+ \d+ \S*,(?:encrypted|salted)`).FindAllStringSubmatch(string(text), -1) {
			seen++
			source, _ := upstream.New(upstream.Settings{
				Servers: []upstream.Server{{Address: "192.0.2.1:1812", Secret: secret.New("a secret of enough characters")}}, Attributes: []string{m[1]},
			}, anything{})
			if source != nil {
				t.Errorf("%s travels encrypted and may pass from an upstream server", m[1])
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d encrypted attributes in the tables", seen)
	}
}

// TestWhatPassesCanBeSent: an attribute of Microsoft's that the upstream client may let pass is one that an answer may hold. One that is not
// would make a Reject of each Accept.
func TestWhatPassesCanBeSent(t *testing.T) {
	key := wire.NewKey(secret.New("a secret of enough characters"))
	passing := 0
	for typ := 1; typ < 256; typ++ {
		source, _ := upstream.New(upstream.Settings{
			Servers:    []upstream.Server{{Address: "192.0.2.1:1812", Secret: secret.New("a secret of enough characters")}},
			Attributes: []string{"Vendor-Specific.311." + strconv.Itoa(typ)},
		}, anything{})
		if source == nil {
			continue
		}
		passing++
		a := policy.Attribute{Name: "x", Wire: []byte{26, 12, 0, 0, 1, 55, byte(typ), 6, 0, 0, 0, 1}}
		if _, err := reply.Make(reply.Target{Key: key}, auth.Verdict{Kind: auth.Accept, Reply: []policy.Attribute{a}}, time.Now()); err != nil {
			t.Errorf("type %d: %v", typ, err)
		}
	}
	if passing < 200 {
		t.Errorf("only %d types pass", passing)
	}
}
