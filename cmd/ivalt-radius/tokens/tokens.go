package tokens

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/admin/access"
	"ivalt-radius/cmd/ivalt-radius/exit"
)

// How long a token may be good for.
const (
	usual = 90 * 24 * time.Hour
	least = time.Minute
	most  = 366 * 24 * time.Hour
)

var (
	errName = errors.New("--name: must be 1 to 64 letters, digits, `.`, `_` or `-`")
	errRole = errors.New("--role: must be viewer, operator or admin")
	errFor  = errors.New("--for: must be 1m to 8784h, which is a year")
)

// NewCommand is `token`.
func NewCommand(now func() time.Time) *cobra.Command {
	var wanted request
	cmd := &cobra.Command{
		Use:   "token --name NAME --role ROLE",
		Short: "Draw a token for a machine that asks the operator's window",
		Long: "token draws a token for scripts and Prometheus, which show it as `Authorization: Bearer TOKEN`, and prints it on standard output, once:\n" +
			"it is kept nowhere. On standard error it prints the element for admin.tokens in the settings, which has the token's digest alone; a\n" +
			"reload brings it into force. So `ivalt-radius token --name ci --role viewer > ci.token` writes the token and nothing else.\n\n" +
			"Without --scopes the token may do all that its role may: viewer read; operator read, write; admin read, write, delete, configure; and\n" +
			"each of them metrics. With them it may do those alone.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			element, err := wanted.element(now())
			if err != nil {
				return exit.UsageError(cmd, err)
			}
			token, digest := access.DrawToken()
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), token.Reveal()); err != nil {
				return fmt.Errorf("printing the token: %w", err)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), element, hex.EncodeToString(digest[:]))
			return nil
		},
	}
	cmd.Flags().StringVar(&wanted.name, "name", "", "the token's name in the trail")
	cmd.Flags().StringVar(&wanted.role, "role", "", "viewer, operator or admin")
	cmd.Flags().StringSliceVar(&wanted.scopes, "scopes", nil, "what it may do, of what its role may: read, write, delete, configure, metrics (default: all of it)")
	cmd.Flags().DurationVar(&wanted.good, "for", usual, "how long it is good for, a year at most")
	_ = cmd.MarkFlagRequired("name")
	_ = cmd.MarkFlagRequired("role")
	return cmd
}

// request is what the command line asks for.
type request struct {
	name, role string
	scopes     []string
	good       time.Duration
}

// element is the text for the settings, with a verb in the place of the digest.
func (r request) element(now time.Time) (string, error) {
	role, ok := access.RoleOf(r.role)
	switch {
	case !access.Named(r.name):
		return "", errName
	case !ok:
		return "", errRole
	case r.good < least || r.good > most:
		return "", errFor
	}
	scopes := ""
	for i, word := range r.scopes {
		p, ok := access.PermissionOf(word)
		if !ok {
			return "", fmt.Errorf("--scopes: %q is none of read, write, delete, configure and metrics", word)
		}
		if !role.May(p) {
			return "", fmt.Errorf("--scopes: the role %s has no permission %s", role, p)
		}
		r.scopes[i] = p.String()
	}
	if len(r.scopes) > 0 {
		scopes = "      scopes: [" + strings.Join(r.scopes, ", ") + "]\n"
	}
	return "# Put this into the settings, below the admin and tokens that stand there already, and reload:\nadmin:\n  tokens:\n" +
		"    - name: \"" + r.name + "\"\n      role: " + role.String() + "\n" + scopes +
		"      digest: %s\n      expires: " + now.Add(r.good).UTC().Format(time.RFC3339) + "\n", nil
}
