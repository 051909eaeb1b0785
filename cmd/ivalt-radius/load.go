package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/doctoring"
	"ivalt-radius/cmd/ivalt-radius/explaining"
	"ivalt-radius/config"
	"ivalt-radius/directory/password"
	"ivalt-radius/fault"
	"ivalt-radius/ivalt/gateway"
)

// load reads the settings and has every room look at them, faulty ones too, so that all faults are told together. The Settings
// are nil where one of the faults is no warning.
func load(path string, environ []string, verifier *password.Verifier) (*config.Settings, rooms, fault.List) {
	return loadWith(path, config.Options{Environ: environ}, verifier)
}

// loadWith is load with all that a load may be told of the outside world.
func loadWith(path string, opt config.Options, verifier *password.Verifier) (*config.Settings, rooms, fault.List) {
	s, faults := config.Inspect(path, opt)
	if s == nil {
		return nil, rooms{}, faults
	}
	r, found := understand(s, faults, verifier)
	faults = append(faults, slices.DeleteFunc(found, func(f fault.Fault) bool { return told(faults, f) })...)
	faults = slices.DeleteFunc(faults, func(f fault.Fault) bool { return f.Warning && follows(faults, f) })
	slices.SortStableFunc(faults, func(a, b fault.Fault) int { return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line) })
	if len(faults.Fatal()) > 0 {
		return nil, rooms{}, faults
	}
	return s, r, faults
}

// told reports that config has said it: a fault at the key, above it or below it, whose consequence this one is, the same
// warning in other words, or that the key of sealed secrets, or its passphrase, is missing, so that none of them can be judged.
func told(faults fault.List, f fault.Fault) bool {
	return slices.ContainsFunc(faults, func(c fault.Fault) bool {
		if c.Warning {
			return f.Warning && c.Key == f.Key
		}
		return c.Key == f.Key || strings.HasPrefix(c.Key, "secrets.") && config.OfSecret(f.Key) || below(c.Key, f.Key) || below(f.Key, c.Key)
	})
}

// follows reports a warning about a whole rule ("is never reached") where an earlier rule has a fault: its conditions are not
// what the operator meant, and once they are mended the warning is gone or comes alone.
func follows(faults fault.List, warning fault.Fault) bool {
	number, ok := ruleNumber(warning.Key)
	if !ok || warning.Key != fmt.Sprintf("policy.rules[%d]", number) {
		return false
	}
	return slices.ContainsFunc(faults, func(f fault.Fault) bool {
		faulty, ok := ruleNumber(f.Key)
		return ok && !f.Warning && faulty < number
	})
}

// ruleNumber is the index of the rule that a key is of, or lies in.
func ruleNumber(key string) (int, bool) {
	rest, found := strings.CutPrefix(key, "policy.rules[")
	digits, _, closed := strings.Cut(rest, "]")
	n, err := strconv.Atoi(digits)
	return n, found && closed && err == nil
}

// below reports that a key path lies within another.
func below(key, above string) bool {
	rest, ok := strings.CutPrefix(key, above)
	return ok && above != "" && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "["))
}

// soundSettings loads the settings for a command that needs them whole.
func soundSettings(path string) (*config.Settings, rooms, error) {
	s, r, faults := load(path, os.Environ(), password.NewVerifier())
	return s, r, faults.Err()
}

// explained is what `explain` goes by.
func explained(path string) (explaining.Rules, error) {
	s, r, err := soundSettings(path)
	if err != nil {
		return explaining.Rules{}, err
	}
	return *deciding(s, r), nil
}

// deciding is what of settings a login is decided by.
func deciding(s *config.Settings, r rooms) *explaining.Rules {
	return &explaining.Rules{Settings: s, Policy: r.policy, Rewrite: r.rewrite, Directory: r.sources.Directory}
}

// wayToIVALT is the part of the settings that `probe` needs; all of them must be sound.
func wayToIVALT(path string) (gateway.Options, error) {
	_, r, err := soundSettings(path)
	if err != nil {
		return gateway.Options{}, err
	}
	options, faults := r.ivalt.API.Options()
	return options, faults.Err()
}

// lookedOver is the settings for `doctor`: as far as they can be read, with all that is wrong with them.
func lookedOver(path string, opt config.Options) doctoring.Loaded {
	_, _, faults := loadWith(path, opt, password.NewVerifier())
	s, _ := config.Inspect(path, opt)
	if s == nil {
		return doctoring.Loaded{Faults: faults}
	}
	way, wrong := ivaltSettings(s).API.Options()
	return doctoring.Loaded{Settings: s, Faults: faults, Way: way, WaySound: len(wrong.Fatal()) == 0}
}

func newCheckCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Load and validate the settings, and report every fault",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, _, faults := load(path, os.Environ(), password.NewVerifier())
			out := cmd.OutOrStdout()
			warnings, fatal := faults.Warnings(), faults.Fatal()
			for _, f := range warnings {
				_, _ = fmt.Fprintf(out, "warning: %s\n", f)
			}
			for _, f := range fatal {
				_, _ = fmt.Fprintf(out, "fault: %s\n", f)
			}
			if len(fatal) > 0 {
				return fmt.Errorf("%s: %s", path, count.Of(len(fatal), "fault"))
			}
			_, _ = fmt.Fprintf(out, "%s is sound (%s)\n", path, count.Of(len(warnings), "warning"))
			return nil
		},
	}
	configFlag(cmd, &path)
	return cmd
}
