package test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDependenciesAreListed holds docs/dependencies.md, the list of licences, against go.mod.
func TestDependenciesAreListed(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	modules := requirements(string(mod))
	if len(modules) < 10 {
		t.Fatalf("go.mod requires only %v", modules)
	}
	for _, module := range unlisted(modules, string(page)) {
		t.Errorf("%s is not in docs/dependencies.md: add it with its licence", module)
	}
	if got := unlisted([]string{"example.com/unknown"}, string(page)); len(got) != 1 {
		t.Error("an unlisted module is not found")
	}
}

func requirements(mod string) (modules []string) {
	for _, m := range regexp.MustCompile(`(?m)^\s+(\S+) v\S+`).FindAllStringSubmatch(mod, -1) {
		modules = append(modules, m[1])
	}
	return modules
}

// unlisted are the modules that the page does not name, whole or by a path behind an ellipsis.
func unlisted(modules []string, page string) (missing []string) {
	for _, m := range modules {
		short := "…" + strings.TrimPrefix(m, "github.com/knadh/koanf")
		if !strings.Contains(page, m) && !strings.Contains(page, short) {
			missing = append(missing, m)
		}
	}
	return missing
}
