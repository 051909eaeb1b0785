package explaining

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ivalt-radius/auth"
	"ivalt-radius/config"
	"ivalt-radius/policy"
)

// knows is a directory that says the same of everybody.
func knows(p auth.Person, err error) auth.DirectoryFunc {
	return func(context.Context, auth.Username) (auth.Person, error) { return p, err }
}

// TestADirectoryThatDoesNotSay: the reason is the one that a login would end with.
func TestADirectoryThatDoesNotSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want auth.Reason
	}{
		{fmt.Errorf("beside the file: %w: several entries", auth.ErrMisconfigured), auth.MisconfiguredReason},
		{fmt.Errorf("beside the file: %w", auth.ErrBusy), auth.Busy},
		{errors.New("no server"), auth.Unavailable},
	} {
		var out bytes.Buffer
		r := Rules{Settings: &config.Settings{}, Directory: knows(auth.Person{}, c.err)}
		got, err := r.explain(t.Context(), &out, "bob", policy.Facts{})
		if !errors.Is(err, c.err) || got.reason != c.want.String() || !strings.Contains(out.String(), "deny ("+c.want.String()+")") {
			t.Errorf("%v: %v, %v\n%s", c.err, got, err, out.String())
		}
	}
}
