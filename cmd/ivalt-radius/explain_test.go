package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/sources"
	"ivalt-radius/config"
	"ivalt-radius/policy"
)

// TestExplainADirectoryThatDoesNotSay: the reason is the one that a login would end with.
func TestExplainADirectoryThatDoesNotSay(t *testing.T) {
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
		cmd := &cobra.Command{}
		cmd.SetOut(&out)
		cmd.SetContext(t.Context())
		fails := auth.DirectoryFunc(func(context.Context, auth.Username) (auth.Person, error) { return auth.Person{}, c.err })
		r := rooms{sources: &sources.Sources{Directory: fails}}
		err := explain(cmd, &config.Settings{}, r, question{user: "bob"}, policy.Facts{})
		if !errors.Is(err, c.err) || !strings.Contains(out.String(), "deny ("+c.want.String()+")") {
			t.Errorf("%v: %v\n%s", c.err, err, out.String())
		}
	}
}
