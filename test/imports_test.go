package test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// isLeaf: the leaf rooms, which every other room may import.
func isLeaf(room string) bool { return room == "fault" || room == "secret" }

// directions says which of our rooms a room may import, beside itself and the leaf rooms. cmd and test may import all. A room
// that is not in the table is a finding: it wants a place in the architecture first.
func directions() map[string][]string {
	return map[string][]string{
		"fault":     {},
		"secret":    {},
		"policy":    {},
		"audit":     {},
		"state":     {},
		"config":    {},
		"auth":      {"policy", "audit", "state"},
		"guard":     {"auth", "audit", "state"},
		"radius":    {"auth", "policy", "state", "audit"}, // policy for the type of a reply attribute
		"ivalt":     {"auth", "state", "audit"},
		"directory": {"auth", "policy"}, // policy for the type of a reply attribute
		"admin":     {"auth", "audit", "guard", "state"},
		"doctor":    {"config"},
		"cmd":       nil,
		"test":      nil,
	}
}

// homes says which rooms may import a third-party module (by prefix).
func homes() map[string][]string {
	return map[string][]string{
		"github.com/patrickmn/go-cache":         {"state"},
		"go.etcd.io/bbolt":                      {"state"},
		"github.com/sony/gobreaker":             {"ivalt"},
		"github.com/redis/go-redis":             {"state"},
		"github.com/alicebob/miniredis":         {"state"},
		"github.com/knadh/koanf":                {"config"},
		"filippo.io/age":                        {"config"},
		"golang.org/x/crypto/argon2":            {"directory"},
		"layeh.com/radius":                      {"radius", "directory", "test"},
		"github.com/go-ldap/ldap":               {"directory"},
		"github.com/prometheus/client_golang":   {"admin"},
		"github.com/getkin/kin-openapi":         {"admin"},
		"github.com/chromedp":                   {"test"},
		"github.com/shirou/gopsutil":            {"doctor"},
		"github.com/spf13/cobra":                {"cmd"},
		"github.com/coreos/go-systemd":          {"cmd"},
		"layeh.com/radius/debug":                {}, // it prints passwords
		"github.com/stretchr/testify":           {},
		"github.com/golang/mock":                {},
		"go.uber.org/mock":                      {},
		"github.com/hashicorp/go-retryablehttp": {}, // a retried POST can push twice
		"gopkg.in/natefinch/lumberjack.v2":      {},
		"log":                                   {"cmd"}, // which silences it; everywhere else the logger is handed in
	}
}

// wrongImports finds imports against the table and libraries outside their home.
func wrongImports(s source) []string {
	var found []string
	for _, spec := range s.file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if why := wrongImport(s, path); why != "" {
			found = append(found, fmt.Sprintf("%s: %s imports %s: %s", s.at(spec.Pos()), s.room(), path, why))
		}
	}
	return found
}

func wrongImport(s source, path string) string {
	if ours, ok := strings.CutPrefix(path, module+"/"); ok {
		target, _, _ := strings.Cut(ours, "/")
		return wrongDirection(s.room(), target)
	}
	if path == "testing" && s.dir() == "ivalt/ivalttest" && !s.isTest() {
		return "the simulator runs in the binary"
	}
	for library, rooms := range homes() {
		if (path == library || strings.HasPrefix(path, library+"/")) && !slices.Contains(rooms, s.room()) {
			return fmt.Sprintf("its home is %v", rooms)
		}
	}
	return ""
}

func wrongDirection(from, to string) string {
	if from == "cmd" || from == "test" || from == to {
		return ""
	}
	allowed, known := directions()[from]
	if !known {
		return "this room is not in the table of rooms"
	}
	if isLeaf(to) && !isLeaf(from) || slices.Contains(allowed, to) {
		return ""
	}
	return fmt.Sprintf("it may import %v", allowed)
}

func TestImportDirections(t *testing.T) {
	for _, s := range sources(t) {
		for _, finding := range wrongImports(s) {
			t.Error(finding)
		}
	}
}

func TestImportDirectionsSeeBadCode(t *testing.T) {
	cases := []struct {
		name, path, imports string
		bad                 bool
	}{
		{"core imports core", "policy/a.go", "ivalt-radius/audit", true},
		{"core imports edge", "auth/a.go", "ivalt-radius/radius", true},
		{"edge imports edge", "ivalt/a.go", "ivalt-radius/radius", true},
		{"edge imports cmd", "radius/a.go", "ivalt-radius/cmd/ivalt-radius", true},
		{"leaf imports a room", "fault/a.go", "ivalt-radius/audit", true},
		{"leaf imports the other leaf", "fault/a.go", "ivalt-radius/secret", true},
		{"unknown room", "common/a.go", "ivalt-radius/audit", true},
		{"test code counts too", "policy/a_test.go", "ivalt-radius/auth", true},
		{"go-cache outside state", "auth/a.go", "github.com/patrickmn/go-cache", true},
		{"go-redis outside state", "cmd/ivalt-radius/a.go", "github.com/redis/go-redis/v9", true},
		{"miniredis outside state", "test/cluster/a_test.go", "github.com/alicebob/miniredis/v2", true},
		{"age outside config", "cmd/ivalt-radius/a.go", "filippo.io/age", true},
		{"kin-openapi outside admin", "test/blackbox/a_test.go", "github.com/getkin/kin-openapi/openapi3", true},
		{"chromedp outside test", "admin/page/a_test.go", "github.com/chromedp/chromedp", true},
		{"cdproto outside test", "cmd/ivalt-radius/a.go", "github.com/chromedp/cdproto/network", true},
		{"argon2 outside directory", "cmd/ivalt-radius/a.go", "golang.org/x/crypto/argon2", true},
		{"layeh in the core", "auth/a.go", "layeh.com/radius/rfc2865", true},
		{"layeh's debug anywhere", "radius/a.go", "layeh.com/radius/debug", true},
		{"a global logger", "radius/a.go", "log", true},
		{"testify", "auth/a_test.go", "github.com/stretchr/testify/require", true},
		{"testing in the simulator", "ivalt/ivalttest/a.go", "testing", true},

		{"auth imports policy", "auth/a.go", "ivalt-radius/policy", false},
		{"every room imports fault", "policy/a.go", "ivalt-radius/fault", false},
		{"sub-package of the same room", "radius/a.go", "ivalt-radius/radius/attribute", false},
		{"cmd imports all", "cmd/ivalt-radius/a.go", "ivalt-radius/radius", false},
		{"miniredis at home", "state/redis/a_test.go", "github.com/alicebob/miniredis/v2", false},
		{"chromedp at home", "test/browser/a_test.go", "github.com/chromedp/chromedp", false},
		{"cobra at home", "cmd/ivalt-radius/a.go", "github.com/spf13/cobra", false},
		{"testing in the simulator's tests", "ivalt/ivalttest/a_test.go", "testing", false},
		{"no second logger", "auth/a.go", "log/slog", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := parse(t, c.path, "package a\n\nimport _ \""+c.imports+"\"\n")
			if got := wrongImports(s); (len(got) > 0) != c.bad {
				t.Errorf("findings %q, want some: %v", got, c.bad)
			}
		})
	}
}
