package commandtest

import (
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/exit"
)

// Run runs a command to which nothing is typed, and returns all that it says, with the error's text at the end.
func Run(ctx context.Context, cmd *cobra.Command, args ...string) (said string, err error) {
	var all bytes.Buffer
	err = Into(ctx, cmd, strings.NewReader(""), &all, &all, args...)
	return all.String(), err
}

// Apart runs a command, and returns what stands on standard output, and on standard error with the error's text at the end.
func Apart(ctx context.Context, cmd *cobra.Command, in io.Reader, args ...string) (out, said string, err error) {
	var stdout, stderr bytes.Buffer
	err = Into(ctx, cmd, in, &stdout, &stderr, args...)
	return stdout.String(), stderr.String(), err
}

// Into runs a command with these standard streams, and writes the error's text to the last one, as the program does.
func Into(ctx context.Context, cmd *cobra.Command, in io.Reader, out, errs io.Writer, args ...string) error {
	exit.WithUsage(cmd)
	cmd.SetArgs(args)
	cmd.SetIn(in)
	cmd.SetOut(out)
	cmd.SetErr(errs)
	err := cmd.ExecuteContext(ctx)
	if err != nil {
		_, _ = io.WriteString(errs, err.Error())
	}
	return err
}
