package client

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/fault"
	"ivalt-radius/policy"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// Settings is one element of `clients`.
type Settings struct {
	Name                      string
	Networks                  []string // prefixes, or single addresses
	Secrets                   []secret.Secret
	MessageAuthenticator      string // required, auto, optional; empty: auto
	OmitMessageAuthenticator  bool   // insecure_omit_message_authenticator
	Profile                   string
	AnswerWithin              time.Duration // 0: the profile's, else 60 s
	CallingStationFrom        []string      // nil: the profile's, else Calling-Station-Id, Tunnel-Client-Endpoint
	OnPushTimeout             string        // reject, silence; empty: the profile's, else reject
	JoinWithoutCallingStation *bool         // nil: the profile's, else false

	// IgnoreStatusServer leaves the client's Status-Server without an answer.
	IgnoreStatusServer bool

	InsecureMethods []string // insecure_methods: chap, mschapv2; none: PAP alone
	Challenge       string   // off, choose, approve; empty: off

	DisconnectPort uint16 // disconnect_port: where the NAS takes Disconnect-Requests (RFC 5176); 0: it takes none
	SessionEnd     string // session_end: watch, disconnect; empty: watch

	Factor policy.Factor // the client's first factor, where no rule names one

	// Rules go with every request of the client, so that a reload swaps clients and rules as one. Nil rejects everybody.
	Rules *auth.Rules
}

// Defaults and bounds of the settings.
const (
	defaultPatience  = 60 * time.Second
	leastPatience    = 3 * time.Second
	mostPatience     = 10 * time.Minute
	leastToAnswer    = 15 * time.Second // what a person needs to take the phone and read
	verdictNeeds     = 3 * time.Second  // of answer_within: the last poll leaves 2 s before the answer, and that 1 s before the end
	leastSecret      = 16
	onTimeoutReject  = "reject"
	onTimeoutSilence = "silence"
)

// checker collects the faults of one client.
type checker struct {
	list *fault.List
	path string
}

func (c checker) add(key, format string, args ...any) { c.list.Add(c.path+"."+key, format, args...) }

func (c checker) warn(key, format string, args ...any) { c.list.Warn(c.path+"."+key, format, args...) }

// compile makes a client of its settings; faults go to the checker.
func (c checker) compile(s Settings) *Client {
	if strings.TrimSpace(s.Name) == "" {
		c.add("name", "is required: logs, rules and metrics call the client so")
	}
	profile := c.profile(s.Profile)
	out := &Client{}
	out.Auth.Name, out.Auth.Rules = s.Name, s.Rules
	out.Auth.Factor = s.Factor
	out.IgnoreStatus = s.IgnoreStatusServer
	out.DisconnectPort = s.DisconnectPort
	out.EndsOverruns = c.sessionEnd(s)
	out.Auth.AnswerWithin = c.patience(s, profile)
	out.Auth.SilentTimeout = c.onTimeout(s, profile)
	out.Signature = c.signature(s)
	out.Policy = c.messageAuthenticator(s)
	out.stations = c.stations(s, profile)
	c.methods(s.InsecureMethods, &out.Auth)
	out.Auth.Prompts = c.prompts(s, profile)
	out.JoinFreely = profile.JoinWithoutCallingStation
	if s.JoinWithoutCallingStation != nil {
		out.JoinFreely = *s.JoinWithoutCallingStation
	}
	out.Keys = c.secrets(s.Secrets)
	return out
}

func (c checker) profile(name string) Profile {
	if name == "" {
		return Profile{}
	}
	p, ok := FindProfile(name)
	if !ok {
		c.add("profile", "%q is no profile; known are %s", name, strings.Join(profileNames(), ", "))
	}
	if p.EAPOnly != "" {
		c.warn("profile", "%s speaks EAP alone, which is refused, so that no login succeeds: %s", p.Title, p.EAPOnly)
	}
	return p
}

func (c checker) patience(s Settings, p Profile) time.Duration {
	within, key := p.Patience(s.AnswerWithin), "answer_within"
	if s.AnswerWithin == 0 && p.AnswerWithin != 0 {
		key = "profile"
	}
	if within < leastPatience || within > mostPatience {
		c.add("answer_within", "must lie between %s and %s", leastPatience, mostPatience)
		return within
	}
	if least := leastToAnswer + verdictNeeds; within < least {
		c.warn(key, "%s from the first packet leave a person %s to answer the phone: raise the time-out of the NAS and answer_within to %s or more; "+
			"where the NAS cannot wait longer, a push is hardly ever answered in time", within, max(0, within-verdictNeeds), least)
	}
	return within
}

func (c checker) onTimeout(s Settings, p Profile) bool {
	word := s.OnPushTimeout
	if word == "" {
		word = p.OnPushTimeout
	}
	if !slices.Contains([]string{"", onTimeoutReject, onTimeoutSilence}, word) {
		c.add("on_push_timeout", "%q is neither reject nor silence", word)
	}
	return word == onTimeoutSilence
}

func (c checker) signature(s Settings) wire.Signature {
	if !s.OmitMessageAuthenticator {
		return wire.Signed
	}
	c.warn("insecure_omit_message_authenticator", "replies without Message-Authenticator can be forged (CVE-2024-3596)")
	return wire.Unsigned
}

func (c checker) messageAuthenticator(s Settings) Policy {
	switch s.MessageAuthenticator {
	case "", "auto":
		return Auto
	case "required":
		return Required
	case "optional":
		c.warn("message_authenticator", "optional leaves requests forgeable (CVE-2024-3596); use auto, or required where the NAS can")
		return Optional
	}
	c.add("message_authenticator", "%q is none of required, auto and optional", s.MessageAuthenticator)
	return Required
}

func (c checker) secrets(secrets []secret.Secret) []*wire.Key {
	if len(secrets) == 0 {
		c.add("secrets", "no shared secret: name one of %d characters at least", leastSecret)
	}
	out := make([]*wire.Key, 0, len(secrets))
	for i, s := range secrets {
		if s.Len() < leastSecret {
			c.add(fmt.Sprintf("secrets[%d]", i), "is shorter than %d characters", leastSecret)
		}
		out = append(out, wire.NewKey(s))
	}
	return out
}

// sessionEnd reads `session_end`: what is done about a session that goes on behind the end that its login was given.
func (c checker) sessionEnd(s Settings) bool {
	switch s.SessionEnd {
	case "", "watch":
	case "disconnect":
		if s.DisconnectPort == 0 {
			c.add("session_end", "disconnect needs a disconnect_port, to which the Disconnect-Request goes: set it, or set watch")
		}
		return true
	default:
		c.add("session_end", "%q is neither watch nor disconnect", s.SessionEnd)
	}
	return false
}
