package ldap

import (
	"fmt"
	"regexp"

	ldap "github.com/go-ldap/ldap/v3"

	"ivalt-radius/auth"
)

// standing is how a directory answered a bind. The zero standing is a refusal without words.
type standing struct {
	right   bool   // the password is right, and the account may log in
	setting bool   // a matter of the settings, not of the person
	why     string // in our words, where it is not right; they hold neither a name nor the server's text
}

// err is the standing of a person's bind.
func (s standing) err() error {
	switch {
	case s.right:
		return nil
	case s.setting:
		return fmt.Errorf("%w: %s", auth.ErrMisconfigured, s.why)
	}
	return fmt.Errorf("%w: %s", auth.ErrBadPassword, s.why)
}

// judge reads a result of a simple bind (RFC 4511 section 4.2.2), what stands beside it, and the password policy's control.
// Success counts alone where no control takes it back.
func judge(code uint16, diagnosis string, controls []ldap.Control) standing {
	policy := policyWord(controls)
	switch code {
	case ldap.LDAPResultSuccess:
		if policy != "" {
			return standing{why: policy}
		}
		return standing{right: true}
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired, ldap.LDAPResultAuthMethodNotSupported:
		return standing{setting: true, why: "the directory takes no simple bind on such a connection: " + inWords(code) + "; use ldaps:// or StartTLS"}
	case ldap.LDAPResultInvalidDNSyntax:
		return standing{setting: true, why: "the directory takes no such name in a bind: " + inWords(code)}
	case ldap.LDAPResultReferral:
		return standing{setting: true, why: "the directory refers the bind to another server, which is not followed"}
	}
	return standing{why: refusal(code, diagnosis, policy)}
}

// refusal says why a person is refused, as far as the directory tells.
func refusal(code uint16, diagnosis, policy string) string {
	if policy != "" {
		return policy
	}
	switch code {
	case ldap.LDAPResultInvalidCredentials:
		if word := windowsWord(diagnosis); word != "" {
			return word
		}
		return "wrong password"
	case ldap.LDAPResultInappropriateAuthentication:
		return "the entry holds no password that a simple bind could check"
	case ldap.LDAPResultConstraintViolation:
		return "too many wrong passwords, says the directory: the account is locked for a while"
	case ldap.LDAPResultUnwillingToPerform:
		return "the directory is unwilling to bind this account: it is locked or disabled"
	case ldap.LDAPResultNoSuchObject:
		return "the entry is gone"
	}
	return "the directory refuses the bind with " + inWords(code)
}

// policyWord is what the password policy says against an account: draft-behera-ldap-password-policy-10 section 6.2, and
// draft-vchu-ldap-pwd-policy-00 section 1. Logins of grace, and a password that expires soon, are nothing against it.
func policyWord(controls []ldap.Control) string {
	for _, control := range controls {
		switch c := control.(type) {
		case *ldap.ControlBeheraPasswordPolicy:
			switch c.Error {
			case 0: // passwordExpired
				return "the password is expired"
			case 1: // accountLocked
				return "the account is locked"
			case 2: // changeAfterReset
				return "the password must be changed first"
			}
		case *ldap.ControlVChuPasswordMustChange:
			return "the password must be changed first, or is expired"
		}
	}
	return ""
}

// windowsCode is how Active Directory tells refusals of one result code apart, within its diagnostic message.
var windowsCode = regexp.MustCompile(`\bdata ([0-9a-fA-F]{3}),`)

// windowsWord is the meaning of Active Directory's code; empty where there is none. The codes are Windows' logon errors
// (ERROR_LOGON_FAILURE, 1326, is 52e).
func windowsWord(diagnosis string) string {
	m := windowsCode.FindStringSubmatch(diagnosis)
	if m == nil {
		return ""
	}
	switch m[1] {
	case "525":
		return "no such person (data 525)"
	case "52e", "52E":
		return "wrong password (data 52e)"
	case "530":
		return "the account may not log in at this hour (data 530)"
	case "531":
		return "the account may not log in from here (data 531)"
	case "532":
		return "the password is expired (data 532)"
	case "533":
		return "the account is disabled (data 533)"
	case "701":
		return "the account is expired (data 701)"
	case "773":
		return "the password must be changed first (data 773)"
	case "775":
		return "the account is locked (data 775)"
	}
	return ""
}
