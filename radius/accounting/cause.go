package accounting

import "strconv"

// causes are the Acct-Terminate-Causes (RFC 2866 section 5.10) as the RFC spells them, and what they mean for an operator, from 1.
func causes() [][2]string {
	return [][2]string{
		{"User-Request", "the person ended it"},
		{"Lost-Carrier", "the line went away"},
		{"Lost-Service", "the service went away"},
		{"Idle-Timeout", "nothing went through it for too long"},
		{"Session-Timeout", "its time was over"},
		{"Admin-Reset", "an administrator ended it"},
		{"Admin-Reboot", "an administrator ended the gateway's service"},
		{"Port-Error", "an error on the port"},
		{"NAS-Error", "an error of the gateway"},
		{"NAS-Request", "the gateway ended it"},
		{"NAS-Reboot", "the gateway restarted"},
		{"Port-Unneeded", "the port was no longer needed"},
		{"Port-Preempted", "another one took the port"},
		{"Port-Suspended", "the port was suspended"},
		{"Service-Unavailable", "the service could not be given"},
		{"Callback", "to be called back"},
		{"User-Error", "an error of the person's device"},
		{"Host-Request", "the host ended it"},
		{"Supplicant-Restart", "the person's device began anew"},
		{"Reauthentication-Failure", "a login within it failed"},
		{"Port-Reinit", "the port was set up anew"},
		{"Port-Disabled", "the port was disabled"},
	}
}

// Cause is why a session ended: the RFC's word of an Acct-Terminate-Cause, and a few words that say what it means. Of 0, which is none, both are
// empty; a number that no RFC knows is its own word.
func Cause(n uint32) (word, meaning string) {
	switch all := causes(); {
	case n == 0:
		return "", ""
	case uint64(n) <= uint64(len(all)):
		return all[n-1][0], all[n-1][1]
	}
	return strconv.FormatUint(uint64(n), 10), "a cause that no RFC knows"
}
