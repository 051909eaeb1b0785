package keys

import "ivalt-radius/config/tree"

// adminKeys say who may look through the operator's window.
func adminKeys() []Key {
	return []Key{
		{
			Path: "admin.accounts[].name", Kind: tree.Name, Required: true,
			Meaning: "Somebody who may sign in; compared exactly, and unique whatever its case. It stands in the trail as `account=NAME`.",
		},
		{
			Path: "admin.accounts[].role", Kind: tree.Choice, Required: true, Choices: []string{"viewer", "operator", "admin"},
			Meaning: "`viewer` reads; `operator` also acts (incidents, blocks, lockouts, sessions, rehearsals); `admin` also deletes what was learned, reloads, and enforces Message-Authenticator.",
		},
		{
			Path: "admin.accounts[].password_hash", Kind: tree.Secret, Required: true,
			Meaning: "The argon2id hash of the password, as `ivalt-radius hash-password` prints it. A change of hash or role ends the account's sessions.",
		},
	}
}
