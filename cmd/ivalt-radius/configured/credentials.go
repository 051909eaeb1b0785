package configured

import "os"

// Credentials has the commands of an administrator see what systemd handed to the running unit: where nobody has said where credentials are, and dir is a
// folder, they are there. Who may read them is the kernel's to say. It sets the environment, so it is called once, before anything else runs.
func Credentials(dir string) {
	const variable = "CREDENTIALS_DIRECTORY" // systemd.exec(5)
	if os.Getenv(variable) != "" {
		return
	}
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		_ = os.Setenv(variable, dir) // fails only for a name that is none
	}
}
