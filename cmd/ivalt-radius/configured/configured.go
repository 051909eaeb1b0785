package configured

import (
	"os"

	"ivalt-radius/config"
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
