package sharing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/config"
)

// NewCommand is `nodes`. defaultConfig is the file of the settings where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var configPath string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "nodes --config FILE [--json]",
		Short: "Show the nodes that share one memory, and how that is",
		Long: "nodes asks the running server, or where none runs here the shared memory itself: which nodes there are, alive, left or dead, with\n" +
			"which version and settings, and how many logins each leads; how the memory is reached, whether it can be asked, and whether it may\n" +
			"forget what it was told (any eviction policy but noeviction). Addresses are shown, credentials never.\n\n" +
			"Exit code: 0 where the memory can be asked and keeps what it is told, what the nodes tell is heard, and all nodes that did not leave in order are alive\n" +
			"with the same settings, otherwise 1.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := gathered(cmd.Context(), configPath)
			if err != nil {
				return fmt.Errorf("nodes: %w", err)
			}
			if asJSON {
				err = output.JSON(cmd.OutOrStdout(), r)
			} else {
				err = show(cmd.OutOrStdout(), r)
			}
			if err != nil {
				return err
			}
			if trouble := r.Trouble(); trouble != "" {
				return exit.Error{Code: exit.Fault, Err: fmt.Errorf("nodes: %s", trouble)}
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&configPath, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// gathered asks the running server, which needs no secret, or else the memory.
func gathered(ctx context.Context, configPath string) (Report, error) {
	s, err := configured.Settings(configPath)
	if err != nil {
		return Report{}, err
	}
	r, err := Asked(ctx, s)
	if !errors.Is(err, control.ErrNotRunning) {
		return r, err
	}
	whole, faults := config.Load(configPath, config.Options{Environ: os.Environ()})
	if whole == nil {
		return Report{}, faults.Err()
	}
	return Seen(ctx, whole, Quiet())
}

// Quiet are the Deps of a look that leaves no trace.
func Quiet() Deps {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return Deps{Log: log, Note: func(audit.Event) {}}
}

// show writes the memory, then a line for each node.
func show(out io.Writer, r Report) error {
	m := r.Memory
	way := "TLS"
	if !m.TLS {
		way = "in the clear"
	}
	_, _ = fmt.Fprintf(out, "memory  %s, %s, %s\n", m.Mode, strings.Join(m.Addresses, " "), way)
	_, _ = fmt.Fprintf(out, "        %s\n", reached(m))
	if m.Version != "" {
		_, _ = fmt.Fprintf(out, "        version %s, eviction %s, replicas %d\n", m.Version, eviction(m.Eviction), m.Replicas)
	}
	if m.Reachable && !m.Hears {
		_, _ = fmt.Fprintln(out, "        NOT HEARD: what other nodes count, and whom they lock out, does not arrive here")
	}
	if m.Stale && len(r.Nodes) > 0 {
		_, _ = fmt.Fprintln(out, "        the nodes are those that were last seen")
	}
	if m.Alone {
		_, _ = fmt.Fprintf(out, "        INSECURE: %s goes on by itself\n", r.Node)
	}
	table := output.Table(out)
	_, _ = fmt.Fprintln(table, "\nNODE\tSTATE\tVERSION\tSETTINGS\tSTARTED\tLEADS")
	for _, n := range r.Nodes {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\n", n.Name, how(n), n.Version, digest(n), output.Moment(n.Started), n.Leads)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the nodes: %w", err)
	}
	return nil
}

func reached(m Memory) string {
	since := ""
	if m.Since != nil {
		since = " since " + output.Moment(*m.Since)
	}
	if m.Reachable {
		return "in reach" + since
	}
	return "NOT in reach" + since + ": " + m.Why + " (" + m.OnFailure + ")"
}

func eviction(policy string) string {
	if policy == "noeviction" {
		return policy
	}
	return policy + " (MAY FORGET CLAIMS: set maxmemory-policy noeviction)"
}

func how(m Member) string {
	switch {
	case m.Self:
		return string(m.State) + ", this one"
	case m.State == Alive:
		return string(m.State)
	}
	return string(m.State) + " since " + output.Moment(m.Seen)
}

// digest is as much of it as tells two apart.
func digest(m Member) string {
	const enough = 12
	text := m.Settings[:min(len(m.Settings), enough)]
	if m.Differs {
		text += " DIFFERS"
	}
	return text
}
