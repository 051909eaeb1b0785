package test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"ivalt-radius/directory/upstream"
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
