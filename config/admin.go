package config

import (
	"ivalt-radius/config/tree"
	"ivalt-radius/secret"
)

// Admin is the operator's window on listen.admin.
type Admin struct {
	Accounts []AdminAccount `koanf:"accounts"`
}

// AdminAccount is somebody with a password.
type AdminAccount struct {
	Name         string        `koanf:"name"`
	Role         string        `koanf:"role"` // viewer, operator, admin
	PasswordHash secret.Secret `koanf:"password_hash"`
}

// adminSecrets puts hashes in the place of what points to them.
func (l *loader) adminSecrets(s *Settings) {
	for i := range s.Admin.Accounts {
		l.optional(tree.Join(tree.Index("admin.accounts", i), "password_hash"), &s.Admin.Accounts[i].PasswordHash)
	}
}
