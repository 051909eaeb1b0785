package radiusd

import (
	"fmt"
	"os"
	"path/filepath"
)

// Program is the server.
const Program = "/usr/sbin/freeradius"

// common is what every radiusd.conf here begins with: %s is its folder, which the rest names as ${logdir}.
const common = `prefix = /usr
libdir = /usr/lib/freeradius
name = radiusd
logdir = %s
run_dir = ${logdir}/run
pidfile = ${run_dir}/radiusd.pid
log {
	destination = stdout
	auth = no
}
security {
	max_attributes = 200
	reject_delay = 0
	status_server = no
}
proxy_requests = no
`

// Lay writes a server's files into a folder: its users, as ${logdir}/users, and the rest of radiusd.conf, which is its clients, modules and
// virtual servers. It returns the arguments with which the program serves from there, and logs to standard output.
func Lay(dir, users, rest string) (args []string, err error) {
	if err := os.MkdirAll(filepath.Join(dir, "run"), 0o700); err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	for name, text := range map[string]string{
		"dictionary":   "$INCLUDE /usr/share/freeradius/dictionary\n",
		"users":        users,
		"radiusd.conf": fmt.Sprintf(common, dir) + rest,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("writing settings: %w", err)
		}
	}
	return []string{"-f", "-l", "stdout", "-d", dir, "-n", "radiusd"}, nil
}
