package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"layeh.com/radius/dictionary"
)

// The committed table is what the dictionaries say today.
func TestTableIsCurrent(t *testing.T) {
	committed, err := os.ReadFile("../table_generated.go")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "table.go")
	if err := run(t.Context(), []string{file}); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, fresh) {
		t.Error("table_generated.go is not what the dictionaries say: run `go generate ./radius/attribute`")
	}
}

func TestRunWantsOneFile(t *testing.T) {
	if err := run(t.Context(), nil); err == nil {
		t.Error("ran without a file to write")
	}
}

func TestParseAllRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := parseAll(dir); err == nil {
		t.Error("no dictionary is no fault")
	}
	if err := os.Mkdir(filepath.Join(dir, "rfc1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rfc1", "dictionary.rfc1"), []byte("NONSENSE\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := parseAll(dir); err == nil {
		t.Error("nonsense parsed")
	}
}

func TestCollectRefuses(t *testing.T) {
	two := 2
	attrs := []*dictionary.Attribute{{Name: "A", OID: dictionary.OID{1}, Type: dictionary.AttributeString}}
	for name, dicts := range map[string][]*dictionary.Dictionary{
		"wide types":   {{Vendors: []*dictionary.Vendor{{Name: "W", Number: 1, TypeOctets: &two}}}},
		"wide lengths": {{Vendors: []*dictionary.Vendor{{Name: "W", Number: 1, LengthOctets: &two}}}},
		"twice":        {{Attributes: attrs}, {Attributes: attrs}},
	} {
		if _, err := collect(dicts); err == nil {
			t.Errorf("%s: collected", name)
		}
	}
}
