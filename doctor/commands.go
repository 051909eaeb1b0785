package doctor

import (
	"fmt"
	"time"
)

// Commands are what to type or write at a NAS of a profile, so that it waits as long as the settings say; nil where nobody has documented or
// measured them. They hold nothing of the settings but the time. Where each is from stands in docs/profiles.md.
func Commands(profile string, within time.Duration) []string {
	seconds := int((within + time.Second - 1) / time.Second)
	full := max(seconds+5, 60) // the gateway's own, longer than the server's
	line := func(format string, args ...any) string { return profile + ": " + fmt.Sprintf(format, args...) }
	switch profile {
	case "openvpn-as":
		return []string{
			line("sacli --key auth.radius.0.per_server_timeout --value %d ConfigPut", full),
			line("sacli --key auth.radius.0.per_server_retries --value 1 ConfigPut"),
			line("sacli start"),
			line("in the client's profile, and on the server: hand-window %d", max(full, seconds+10)),
		}
	case "openvpn":
		const wait = 10
		return []string{
			line("in radiusplugin.cnf: wait=%d, retry=%d, useauthcontrolfile=true", wait, max(1, (seconds-wait+wait-1)/wait)),
			line("in the client's and the server's configuration: hand-window %d", full),
		}
	case "fortigate":
		return []string{
			line("config system global"), line("set remoteauthtimeout %d", min(full, 300)), line("end"),
			line("config vpn ssl settings"), line("set login-timeout %d", full), line("end"),
		}
	case "asa":
		return []string{line("in the AnyConnect profile: <AuthenticationTimeout>%d</AuthenticationTimeout>", min(full, 120))}
	case "globalprotect":
		const tries = 1
		return []string{line("set shared server-profile radius NAME timeout %d retries %d", min(seconds, 120), tries)}
	case "ocserv":
		const tries = 4 // 3 retries
		return []string{line("in radiusclient.conf: radius_timeout %d, radius_retries 3", (seconds+tries-1)/tries)}
	case "pam":
		return []string{line("in pam_radius_auth.conf: SERVER SECRET %d", full)}
	}
	return nil
}
