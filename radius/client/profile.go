package client

import (
	"cmp"
	"slices"
	"time"
)

// Profile is a NAS preset: what this server should know of the NAS, and how that NAS retries when `login --nas` plays it. An operator's own
// setting wins over each value.
type Profile struct {
	Name  string
	Title string // the product, for the docs
	Basis string // where the figures are from, and what has to be set on the NAS

	AnswerWithin              time.Duration
	CallingStationFrom        []string // nil: the default
	OnPushTimeout             string   // empty: reject
	JoinWithoutCallingStation bool
	EAPOnly                   string // where it speaks EAP alone, which is refused: what to do instead; empty: it speaks PAP

	Challenge      Challenged // what it makes of an Access-Challenge
	ChallengeBasis string     // how that is known

	RetryInterval    time.Duration // between the packets of one login
	Tries            int           // packets of one login in all
	NewAuthenticator bool          // each retry has a new authenticator and source port under the same identifier
}

// Challenged is what a NAS makes of an Access-Challenge.
type Challenged uint8

// The kinds of Challenged. The zero Challenged is nobody's word.
const (
	ChallengeUnknown Challenged = iota
	ChallengeShown              // the person sees its message and can answer
	ChallengeRejects            // it is taken for an Access-Reject
)

// String is the kind in words, for the docs.
func (c Challenged) String() string {
	switch c {
	case ChallengeShown:
		return "shows it"
	case ChallengeRejects:
		return "takes it for a Reject"
	case ChallengeUnknown:
	}
	return "unknown"
}

// Profiles are the known NAS presets, by name. The slice is the caller's.
func Profiles() []Profile { return append(gatewayProfiles(), softwareProfiles()...) }

// gatewayProfiles are VPN products.
func gatewayProfiles() []Profile {
	return []Profile{
		{
			Name: "openvpn-as", Title: "OpenVPN Access Server",
			Basis:        "An OpenVPN client gives up at its hand-window, 60 s. Time-out and retries are set explicitly on the server (per_server_timeout, per_server_retries); the retries played here are a conservative choice.",
			AnswerWithin: 55 * time.Second, RetryInterval: 20 * time.Second, Tries: 3,
			Challenge: ChallengeRejects, ChallengeBasis: "no documented way leads from RADIUS to the person",
		},
		{
			Name: "openvpn", Title: "OpenVPN with openvpn-auth-radius",
			Basis:        "An OpenVPN client gives up at its hand-window, 60 s. Measured: each retry has the same identifier, a new authenticator and a new source port, and the newest port alone is listened to; set wait=10 and retry=5, and useauthcontrolfile=true.",
			AnswerWithin: 55 * time.Second, RetryInterval: 10 * time.Second, Tries: 6, NewAuthenticator: true,
			Challenge: ChallengeRejects, ChallengeBasis: "measured",
		},
		{
			Name: "fortigate", Title: "Fortinet FortiGate",
			Basis:        "Documented: it sends again every `timeout` (5 s) until `remoteauthtimeout` (5 s unless set); set remoteauthtimeout to 60 and the SSL-VPN login-timeout no lower.",
			AnswerWithin: 55 * time.Second, RetryInterval: 5 * time.Second, Tries: 12,
			Challenge: ChallengeShown, ChallengeBasis: "documented",
		},
		{
			Name: "asa", Title: "Cisco ASA with AnyConnect",
			Basis:        "Documented: AnyConnect waits 30 s since 4.8.02045 (12 s before), the retry interval is 10 s. Three tries are a conservative choice.",
			AnswerWithin: 28 * time.Second, RetryInterval: 10 * time.Second, Tries: 3,
			Challenge: ChallengeShown, ChallengeBasis: "documented",
		},
		{
			Name: "globalprotect", Title: "Palo Alto Networks GlobalProtect",
			Basis:              "Documented: 3 s and 3 tries unless set; GlobalProtect drops the login after about 25 s. Set the time-out so that time-out times tries is 25 s at least.",
			AnswerWithin:       25 * time.Second,
			CallingStationFrom: []string{"Calling-Station-Id", "PaloAlto-Client-Source-IP", "Tunnel-Client-Endpoint"},
			RetryInterval:      3 * time.Second, Tries: 3,
			Challenge: ChallengeShown, ChallengeBasis: "documented",
		},
	}
}

// softwareProfiles are programs and routers.
func softwareProfiles() []Profile {
	return []Profile{
		{
			Name: "ocserv", Title: "ocserv with radcli",
			Basis:        "Measured: radius_timeout 10 and 3 retries, that is 4 packets in 40 s.",
			AnswerWithin: 40 * time.Second, RetryInterval: 10 * time.Second, Tries: 4,
			Challenge: ChallengeShown, ChallengeBasis: "measured",
		},
		{
			Name: "pam", Title: "pam_radius",
			Basis:        "Measured: one packet unless retry is set. 55 s is a conservative choice for a time-out of 60 in its server line, which a push needs.",
			AnswerWithin: 55 * time.Second, RetryInterval: 60 * time.Second, Tries: 1,
			Challenge: ChallengeShown, ChallengeBasis: "measured",
		},
		{
			Name: "strongswan", Title: "strongSwan eap-radius",
			Basis:        "Measured: packets at 0, 2, 4.8 and 8.7 s, given up after 14.3 s. It speaks EAP, which is refused.",
			EAPOnly:      "have strongSwan ask through PAM (eap-gtc or xauth with xauth-pam, and pam_radius) and use the profile pam",
			AnswerWithin: 14 * time.Second, RetryInterval: 2 * time.Second, Tries: 4,
			Challenge: ChallengeRejects, ChallengeBasis: "it speaks EAP, which carries challenges of its own",
		},
		{
			Name: "softether", Title: "SoftEther VPN",
			Basis:        "Documented in its issues: 10 s in all, fixed in the program (15 s in newer ones).",
			AnswerWithin: 10 * time.Second, RetryInterval: 10 * time.Second, Tries: 1,
			Challenge: ChallengeRejects, ChallengeBasis: "documented in its issues",
		},
		{
			Name: "pfsense", Title: "pfSense",
			Basis:        "Undocumented; 30 s is a conservative choice. Set the authentication server's time-out to 60.",
			AnswerWithin: 30 * time.Second, RetryInterval: 10 * time.Second, Tries: 3,
			ChallengeBasis: "undocumented",
		},
		{
			Name: "opnsense", Title: "OPNsense",
			Basis:        "Three tries are fixed in the program; 30 s is a conservative choice. A second server is asked on any answer but an Accept, so name one server alone.",
			AnswerWithin: 30 * time.Second, RetryInterval: 10 * time.Second, Tries: 3,
			ChallengeBasis: "undocumented",
		},
		{
			Name: "mikrotik", Title: "MikroTik RouterOS",
			Basis:        "Undocumented; 30 s is a conservative choice. Set the time-out of the radius entry as high as it goes.",
			AnswerWithin: 30 * time.Second, RetryInterval: 10 * time.Second, Tries: 3,
			ChallengeBasis: "undocumented",
		},
	}
}

// FindProfile is the profile of a name; ok is false, and the Profile zero, where there is none.
func FindProfile(name string) (p Profile, ok bool) {
	all := Profiles()
	i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return all[i], true
}

// Patience is how long a NAS of the profile waits: what answer_within says, else the profile, else 60 s.
func (p Profile) Patience(answerWithin time.Duration) time.Duration {
	return cmp.Or(answerWithin, p.AnswerWithin, defaultPatience)
}

func profileNames() []string {
	all := Profiles()
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
	}
	return names
}
