package login

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/radius"
	"ivalt-radius/radius/radiustest"
)

// What a login does unless told otherwise: it waits as long as a person may take, and sends as often as radclient does.
const (
	loginPatience = time.Minute
	loginInterval = 5 * time.Second
)

// Bounds of the flags.
const (
	maxLoginTries = 100
	minLoginWait  = time.Millisecond // for each packet
	maxLoginWait  = time.Hour
)

var errLoginSetting = errors.New("not a setting of login")

// gateway is the NAS that the flags describe, without the secret.
type gateway struct {
	radiustest.NAS

	wait    time.Duration // in all
	strange bool          // its retries look like other logins: a new port each, and nothing that says whose they are
}

// gateway makes it of the flags, or names the flag that is wrong.
func (f *loginFlags) gateway() (gateway, error) {
	if err := errors.Join(checkServer(f.server), checkFrom(f.from)); err != nil {
		return gateway{}, err
	}
	g := gateway{NAS: radiustest.NAS{
		Server: f.server, Identifier: f.identifier, LocalAddr: f.from,
		OmitMessageAuthenticator: f.unsigned, AcceptUnsigned: f.acceptUnsigned,
		Retry: radiustest.Retry{Interval: loginInterval, Tries: int(loginPatience / loginInterval)},
	}}
	if f.profile != "" {
		p, err := loginProfile(f.profile)
		if err != nil {
			return gateway{}, err
		}
		g.Retry = radiustest.Retry{Interval: p.RetryInterval, Tries: p.Tries}
		if p.NewAuthenticator {
			g.Retry.Style = radiustest.NewAuthenticator
			g.strange = f.callingStation == "" && !p.JoinWithoutCallingStation
		}
	}
	err := f.pace(&g)
	g.strange = g.strange && g.Retry.Tries > 1
	return g, err
}

// pace sets how long the gateway waits in all, and how often it sends meanwhile: at the interval that it has, or as often as the
// flags say, evenly.
func (f *loginFlags) pace(g *gateway) error {
	g.wait = g.Retry.Interval * time.Duration(g.Retry.Tries)
	if f.timeout != 0 || f.given("timeout") {
		if f.timeout < minLoginWait || f.timeout > maxLoginWait {
			return fmt.Errorf("%w: --timeout must be %s to %s", errLoginSetting, minLoginWait, maxLoginWait)
		}
		g.wait = f.timeout
		g.Retry.Tries = int((g.wait + g.Retry.Interval - 1) / g.Retry.Interval)
	}
	if f.tries == 0 && !f.given("tries") {
		return nil
	}
	if f.tries < 1 || f.tries > maxLoginTries || g.wait/time.Duration(f.tries) < minLoginWait {
		return fmt.Errorf("%w: --tries must be 1 to %d, with %s of --timeout for each", errLoginSetting, maxLoginTries, minLoginWait)
	}
	g.Retry.Tries, g.Retry.Interval = f.tries, g.wait/time.Duration(f.tries)
	return nil
}

func checkServer(server string) error {
	host, port, err := net.SplitHostPort(server)
	if err == nil && host != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err == nil && n > 0 {
			return nil
		}
	}
	return fmt.Errorf("%w: --server: %q is not HOST:PORT", errLoginSetting, server)
}

func checkFrom(from string) error {
	_, errAddr := netip.ParseAddr(from)
	_, errPort := netip.ParseAddrPort(from)
	if from == "" || errAddr == nil || errPort == nil {
		return nil
	}
	return fmt.Errorf("%w: --from: %q is neither IP nor IP:PORT", errLoginSetting, from)
}

func loginProfile(name string) (radius.Profile, error) {
	for _, p := range radius.Profiles() {
		if p.Name == name {
			return p, nil
		}
	}
	return radius.Profile{}, fmt.Errorf("%w: --nas %q; known are %s", errLoginSetting, name, strings.Join(loginProfiles(), ", "))
}

func loginProfiles() []string {
	var names []string
	for _, p := range radius.Profiles() {
		names = append(names, p.Name)
	}
	return names
}
