package secret

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const canary = "canary-0123456789"

func TestSecretIsInNoPrint(t *testing.T) {
	s := New(canary)
	inside := struct {
		S  Secret
		P  *Secret
		M  map[string]Secret
		In any
	}{s, &s, map[string]Secret{"k": s}, s}
	var prints []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p"} {
		prints = append(prints, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, inside))
	}
	text, err := s.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(inside)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(inside)
	if err != nil {
		t.Fatal(err)
	}
	prints = append(prints, string(text), string(asJSON), string(asYAML), s.String(), s.GoString(), fmt.Errorf("no: %v", s).Error())
	for _, p := range prints {
		if strings.Contains(p, canary) || strings.Contains(p, fmt.Sprintf("%x", canary)) {
			t.Errorf("the secret is in %q", p)
		}
	}
}

func TestSecret(t *testing.T) {
	s := New(canary)
	if s.Reveal() != canary || s.Len() != len(canary) || s.Empty() || !New("").Empty() {
		t.Errorf("%d octets, empty %t", s.Len(), s.Empty())
	}
	if !s.Equal(New(canary)) || s.Equal(New(canary+"x")) || s.Equal(New("")) || !(Secret{}).Equal(New("")) {
		t.Error("Equal")
	}
}
