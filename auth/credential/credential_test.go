package credential

import (
	"errors"
	"testing"
)

// TestPlausible: what nobody types is a refused password, and no guess.
func TestPlausible(t *testing.T) {
	for password, fine := range map[string]bool{
		"pw": true, "mit Umlaut: ü": true, " ": true,
		"": false, "a\xff": false, "a\x00": false, "tab\t": false, "line\n": false,
	} {
		err := Plausible(password)
		if (err == nil) != fine {
			t.Errorf("%q: %v", password, err)
		}
		if err != nil && (!errors.Is(err, ErrBadPassword) || !errors.As(err, new(ImplausibleError))) {
			t.Errorf("%q: %v is another error", password, err)
		}
	}
}
