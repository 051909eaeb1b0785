package client

import (
	"fmt"

	"ivalt-radius/auth"
)

// methods reads `insecure_methods`: the methods besides PAP that the client may use.
func (c checker) methods(words []string, out *auth.Client) {
	for i, word := range words {
		key := fmt.Sprintf("insecure_methods[%d]", i)
		switch word {
		case "chap":
			out.CHAP = true
		case "mschapv2":
			out.MSCHAPv2 = true
		default:
			c.add(key, "%q is neither chap nor mschapv2; PAP is always taken, and MS-CHAP version 1 never", word)
			continue
		}
		c.warn(key, "over UDP whoever reads the wire can crack %s and has the password then: leave it out where the NAS can speak PAP, and "+
			"keep its packets on a network that nobody else reads", word)
	}
}

// prompts reads `challenge`. A NAS that takes an Access-Challenge for a Reject can never be asked.
func (c checker) prompts(s Settings, p Profile) auth.Prompting {
	var prompts auth.Prompting
	switch s.Challenge {
	case "", "off":
		return auth.NeverAsk
	case "choose":
		prompts = auth.ChoosePhone
	case "approve":
		prompts = auth.ConfirmPhone
	default:
		c.add("challenge", "%q is none of off, choose and approve", s.Challenge)
		return auth.NeverAsk
	}
	switch {
	case p.Name == "":
		c.warn("challenge", "without a profile nobody knows whether this NAS shows an Access-Challenge or takes it for a Reject: try it with one login first")
	case p.Challenge == ChallengeRejects:
		c.add("challenge", "%s takes an Access-Challenge for a Reject (%s), so that every login that is asked fails: set it to off", p.Title, p.ChallengeBasis)
		return auth.NeverAsk
	case p.Challenge != ChallengeShown:
		c.warn("challenge", "whether %s shows an Access-Challenge or takes it for a Reject is not known: try it with one login first", p.Title)
	}
	return prompts
}
