package blackbox

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// Length is the length that an environment variable names, with a least one; the usual one where it is not set.
func Length(t *testing.T, variable string, usual, least time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least {
		t.Fatalf("%s=%q is no length of %s or more, such as 5m", variable, text, least)
	}
	return d
}

// Seed is the seed that an environment variable names, and one drawn by lot where it is not set.
func Seed(t *testing.T, variable string) uint64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return rand.Uint64() //nolint:gosec // chance, not secrecy
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is no seed", variable, text)
	}
	return n
}
