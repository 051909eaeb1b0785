package config

import (
	_ "embed" // the template is a file of its own, so that it reads as what it makes
	"strconv"
	"strings"
)

//go:embed template.yaml
var template string

// Sample says what a fresh configuration points to.
type Sample struct {
	SharedSecretFile string // absolute name of the file that holds the shared secret
	APIKeyFile       string // absolute name of the file that is to hold the API key
	StateDirectory   string
	AdminHashFile    string // absolute name of the file that holds the hash of the password of the account "admin"; empty: there is no account
}

// accounts are those of a fresh configuration.
func (s Sample) accounts() string {
	if s.AdminHashFile == "" {
		return "# admin:\n#   accounts:\n#     - {name: alice, role: viewer, password_hash: \"file:/etc/ivalt-radius/alice-password-hash\"}    # or operator, admin"
	}
	return "admin:\n  accounts:\n    - {name: admin, role: admin, password_hash: " + strconv.Quote("file:"+s.AdminHashFile) + "}    # role: or viewer, operator"
}

// Template is a commented configuration with every common key. It loads once both files hold a secret.
func Template(sample Sample) []byte {
	return []byte(strings.NewReplacer(
		"@SHARED_SECRET@", strconv.Quote("file:"+sample.SharedSecretFile),
		"@API_KEY@", strconv.Quote("file:"+sample.APIKeyFile),
		"@ADMIN@", sample.accounts(),
		"@STATE@", strconv.Quote(sample.StateDirectory),
	).Replace(template))
}
