package auth

import "ivalt-radius/auth/identity"

// Username is a login name in canonical form: the one that rules, lockout, look-up, push and logs use.
type Username = identity.Username

// Mobile is a phone number in E.164 that masks itself in every print.
type Mobile = identity.Mobile

// ParseUsername makes the canonical form of a User-Name.
func ParseUsername(raw string) (Username, error) { return identity.ParseUsername(raw) }

// ParseMobile reads an E.164 number.
func ParseMobile(text string) (Mobile, error) { return identity.ParseMobile(text) }
