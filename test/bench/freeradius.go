package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// radiusdConf is FreeRADIUS with nothing but what a Reject needs, and room for the requests that it remembers.
const radiusdConf = `prefix = /usr
libdir = /usr/lib/freeradius
name = radiusd
logdir = %[1]s
run_dir = %[1]s/run
pidfile = %[1]s/run/radiusd.pid
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
max_requests = 1000000
client bench {
	ipaddr = 127.0.0.0/8
	secret = "%[4]s"
	require_message_authenticator = yes
}
thread pool {
	start_servers = 5
	max_servers = 32
	min_spare_servers = 3
	max_spare_servers = 10
}
modules {
	pap {
	}
	files {
		usersfile = %[1]s/users
	}
}
server default {
	listen {
		type = auth
		ipaddr = %[2]s
		port = %[3]s
	}
	authorize {
		files
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
	}
}
`

// freeradius runs Debian's FreeRADIUS with a `files` module that rejects; nil where the package is not there.
func freeradius(ctx context.Context, o options) (*process, error) {
	program, err := exec.LookPath("freeradius")
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // no FreeRADIUS, no row; the report says so
	}
	address, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(o.dir, "freeradius")
	if err := os.MkdirAll(filepath.Join(dir, "run"), 0o700); err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	host, port, _ := strings.Cut(address, ":")
	files := map[string]string{
		"dictionary":   "$INCLUDE /usr/share/freeradius/dictionary\n",
		"users":        "accepted-user Cleartext-Password := \"correct horse\"\n",
		"radiusd.conf": fmt.Sprintf(radiusdConf, dir, host, port, sharedSecret),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("writing settings: %w", err)
		}
	}
	p, err := start(ctx, o.dir, "", nil, program, "-f", "-l", "stdout", "-d", dir, "-n", "radiusd")
	if err != nil {
		return p, err
	}
	p.address = address
	return p, awaitAnswer(ctx, address, "denied-user")
}
