package strength

import (
	"strings"

	"ivalt-radius/secret"
)

// known are defaults of RADIUS servers and NAS, and what examples say, folded. Whoever attacks tries them first.
func known() []string {
	return []string{
		"testing123", "testing", "test123", "changeme", "change-me", "changeit", "replaceme", "replace-me", "example-secret", "examplesecret",
		"example", "sample", "s3cr3t", "secret123", "sharedsecret", "shared-secret", "radiussecret", "radius-secret", "radiuskey", "mysecret",
		"my-secret", "supersecret", "topsecret", "secretkey", "yoursecret", "your-secret", "your-shared", "password", "passw0rd", "p4ssw0rd",
		"p@ssw0rd", "p@ssword", "passwort", "kennwort", "letmein", "let-me-in", "welcome", "willkommen", "iloveyou", "trustno1", "whatever",
		"administrator", "admin123", "cisco123", "fortinet", "mikrotik", "juniper123", "sophos", "openvpnas", "openvpn", "freeradius", "placeholder",
		"insert-here", "secret-here", "topology", "dummy", "foobar", "correcthorsebatterystaple", "correct-horse-battery-staple", "swordfish",
		"defaultsecret", "default", "secret", "radius", "shared", "ivalt",
	}
}

// common are words that are no secret by themselves, and say little beside others.
func common() []string {
	return []string{
		"server", "client", "gateway", "firewall", "router", "switch", "network", "office", "company",
		"admin", "root", "user", "guest", "login", "please", "access", "remote", "cisco", "juniper", "aruba", "ubiquiti", "unifi", "test", "demo",
		"prod", "wifi", "wlan", "vpn-", "spring", "summer", "autumn", "winter", "frühling", "sommer", "herbst", "january", "february", "march",
		"april", "june", "july", "august", "september", "october", "november", "december", "monday", "tuesday", "wednesday", "thursday", "friday",
		"saturday", "sunday", "dragon", "monkey", "master", "shadow", "football", "baseball", "princess", "sunshine", "berlin", "london",
	}
}

// rows are the ways over a keyboard that fingers know. Alphabet and digits are sequences by themselves.
func rows() []string {
	return []string{"qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "1qaz2wsx3edc4rfv5tgb", "qazwsxedcrfv", "1234567890"}
}

// Placeholder reports a text that stands in examples for an API key, or that nobody draws by lot.
func Placeholder(s secret.Secret) bool {
	text := s.Reveal()
	folded := fold(text)
	for _, word := range []string{
		"your-ivalt", "your-api", "your-secret", "your-key", "key-here", "secret-here", "api-key", "test-key", "demo-key", "example", "placeholder",
		"changeme", "change-me", "replace-me", "insert-", "dummy", "xxxxxx",
	} {
		if strings.Contains(folded, word) {
			return true
		}
	}
	return fewLetters(text)
}

// fold makes spellings of one word equal. It keeps the number of characters.
func fold(text string) string {
	return strings.NewReplacer("_", "-", " ", "-", ".", "-").Replace(strings.ToLower(text))
}
