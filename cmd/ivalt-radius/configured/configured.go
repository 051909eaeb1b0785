package configured

import (
	"os"
	"slices"
	"strings"

	"ivalt-radius/config"
	"ivalt-radius/fault"
)

// Settings are those of a configuration file and the environment, for a command that needs neither secrets nor people and may be run by
// whoever cannot read these. The error is all faults.
func Settings(path string) (*config.Settings, error) {
	s, faults := config.LoadWithoutSecrets(path, config.Options{Environ: os.Environ()})
	if s == nil {
		return nil, faults.Err()
	}
	return s, nil
}

// StateDirectory is where the control socket of a running server is, for a command that needs nothing else: it answers also while the file has
// faults, which keep no server from running on. The error is all faults, where one of them leaves in doubt which directory it is.
func StateDirectory(path string) (string, error) {
	s, faults := config.Inspect(path, config.Options{Environ: os.Environ()})
	if s == nil || slices.ContainsFunc(faults.Fatal(), doubtful) {
		return "", faults.Err()
	}
	return s.State.Directory, nil
}

// doubtful reports a fault that leaves in doubt which state.directory it is: its own, one of the whole file, or a variable of the environment that names
// none, and may have been meant for it.
func doubtful(f fault.Fault) bool {
	stray, variable := strings.CutPrefix(f.File, "environment variable IVALT_RADIUS_")
	return f.Key == "state" || f.Key == "state.directory" || f.Key == "" && (!variable || strings.HasPrefix(stray, "STATE"))
}
