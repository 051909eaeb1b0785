package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"ivalt-radius/test/radiusd"
)

// radiusdConf is FreeRADIUS with nothing but what a Reject needs, and room for the requests that it remembers.
const radiusdConf = `max_requests = 1000000
client bench {
	ipaddr = 127.0.0.0/8
	secret = "%[3]s"
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
		usersfile = ${logdir}/users
	}
}
server default {
	listen {
		type = auth
		ipaddr = %[1]s
		port = %[2]s
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
	program, err := exec.LookPath(radiusd.Program)
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // no FreeRADIUS, no row; the report says so
	}
	address, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(o.dir, "freeradius")
	host, port, _ := strings.Cut(address, ":")
	args, err := radiusd.Lay(dir, "accepted-user Cleartext-Password := \"correct horse\"\n", fmt.Sprintf(radiusdConf, host, port, sharedSecret))
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, o.dir, "", nil, program, args...)
	if err != nil {
		return p, err
	}
	p.address = address
	return p, awaitAnswer(ctx, address, "denied-user")
}
