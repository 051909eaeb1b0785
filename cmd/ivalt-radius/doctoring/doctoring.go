package doctoring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/config"
	"ivalt-radius/config/seal"
	"ivalt-radius/doctor"
	"ivalt-radius/fault"
	"ivalt-radius/ivalt/gateway"
)

// Bounds of --timeout.
const (
	defaultTimeout = 30 * time.Second
	leastTimeout   = time.Second
	mostTimeout    = 10 * time.Minute
)

// Loaded are the settings as a server would read them.
type Loaded struct {
	Settings *config.Settings // nil: the file could not be read at all
	Faults   fault.List
	Way      gateway.Options // to iVALT
	WaySound bool            // it may be used
}

// Load reads the settings of a file, faulty ones too.
type Load func(path string, opt config.Options) Loaded

// flags are the command's, as written.
type flags struct {
	config, bundle string
	json, offline  bool
	timeout        time.Duration
}

// NewCommand is `doctor`. defaultConfig is the configuration file where the command line names none; version is the program's.
func NewCommand(defaultConfig, version string, load Load) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "doctor --config FILE",
		Short: "Look at the whole set-up and say what is wrong and what to do",
		Long: "doctor looks at settings, files, secrets, clock, DNS, TLS, API key, first factor, sockets, gateways, kernel, disk and trail, beside a running server or\n" +
			"without one. What cannot be seen is unknown, never ok; root sees most. It changes nothing. To iVALT goes one look-up that names nobody, so no\n" +
			"phone rings; to each LDAP server a bind with the search account and a search, to each upstream RADIUS server a Status-Server. --offline leaves these out.\n" +
			"--bundle writes an archive for support: the findings, the settings and the last records without secrets and with pseudonyms for people. That it\n" +
			"was made is recorded in the trail first.\n" +
			"Exit code: 0 where there is no fault, 1 where there is one.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, version, load) },
	}
	set := cmd.Flags()
	set.StringVarP(&f.config, "config", "c", defaultConfig, "the configuration file")
	set.BoolVar(&f.json, "json", false, "print JSON")
	set.BoolVar(&f.offline, "offline", false, "ask nobody: no DNS, no iVALT, no directory")
	set.StringVar(&f.bundle, "bundle", "", "a new file, .tar.gz, mode 0600, for an archive for support")
	set.DurationVar(&f.timeout, "timeout", defaultTimeout, "how long all of it may take, 1s to 10m")
	return cmd
}

func (f flags) run(cmd *cobra.Command, version string, load Load) error {
	if f.timeout < leastTimeout || f.timeout > mostTimeout {
		return exit.UsageError(cmd, fmt.Errorf("--timeout: must be %s to %s", leastTimeout, mostTimeout))
	}
	if err := output.Free(f.bundle); err != nil {
		return fmt.Errorf("--bundle: %s is there already, or cannot be looked for; nothing is overwritten: name another file", f.bundle)
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
	defer cancel()
	in := read(f.config, load)
	whom := everybody
	if f.offline {
		whom = nobody
	}
	facts := gather(ctx, in, whom)
	report := doctor.Judge(facts, version)
	show := page
	if f.json {
		show = writeJSON
	}
	if err := show(cmd.OutOrStdout(), report); err != nil {
		return err
	}
	if f.bundle != "" {
		if err := pack(cmd.Context(), f.bundle, in, facts, report); err != nil {
			return fmt.Errorf("--bundle: %w", err)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: no secret is in it, and people are pseudonyms; read it before you send it\n", f.bundle)
	}
	if n := report.Counts.Fault; n > 0 {
		return fmt.Errorf("doctor: %s", count.Of(n, "fault"))
	}
	return nil
}

func writeJSON(w io.Writer, r doctor.Report) error { return output.JSON(w, r) }

// inputs are the settings, and which files they led to.
type inputs struct {
	Loaded

	path    string
	secrets []string // files of secrets
	denied  []string // files that may not be read
}

// read loads the settings and notes each file.
func read(path string, load Load) inputs {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	var opened, denied []string
	in := inputs{path: path}
	in.Loaded = load(path, config.Options{Environ: os.Environ(), Ring: &seal.Ring{}, Open: func(name string) (fs.File, error) {
		file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the operator names the files; a pipe holds nobody up
		if errors.Is(err, fs.ErrPermission) {
			denied = append(denied, name)
		} else if err == nil {
			opened = append(opened, name)
		}
		return file, err
	}})
	slices.Sort(denied)
	in.denied = slices.Compact(denied)
	slices.Sort(opened)
	for _, name := range slices.Compact(opened) {
		if name != path && (in.Settings == nil || name != in.Settings.Users.File) {
			in.secrets = append(in.secrets, name)
		}
	}
	return in
}
