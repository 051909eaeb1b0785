package keys

import (
	"time"

	"ivalt-radius/config/tree"
)

// Bounds of the sessions of the operator's window.
const (
	mostIdle     = 12 * time.Hour
	mostAbsolute = 168 * time.Hour
)

// adminKeys say who may look through the operator's window, and how it proves that it is one.
func adminKeys() []Key {
	return []Key{
		{
			Path: "admin.tls.certificate", Unset: "none: plain HTTP, at a loopback address alone",
			Meaning: "PEM file of the certificate of `listen.admin`, with the chain behind it; with `admin.tls.key`. TLS 1.2 or newer. Both files are read again when they change; where the new pair is broken the old one stays.",
		},
		{Path: "admin.tls.key", Unset: "none", Meaning: "PEM file of its private key, mode 0600."},
		{
			Path: "admin.hosts", Kind: tree.Texts, Unset: "none",
			Meaning: "DNS names under which the window may be asked, beside IP addresses, `localhost` and the certificate's names. Every other `Host` gets 421, so that a page elsewhere cannot ask it under a name of its own (DNS rebinding).",
		},
		{
			Path: "admin.metrics", Kind: tree.Choice, Default: "loopback", Choices: []string{"loopback", "token"},
			Meaning: "Who may read `/metrics`: a peer at a loopback address without more words, or with a token or a session alone.",
		},
		{
			Path: "admin.accounts[].name", Kind: tree.Name, Required: true,
			Meaning: "Somebody who may sign in; compared exactly, and unique whatever its case. It stands in the trail as `account=NAME`.",
		},
		{
			Path: "admin.accounts[].role", Kind: tree.Choice, Required: true, Choices: roles(),
			Meaning: "`viewer` reads; `operator` also acts (incidents, blocks, lockouts, sessions, rehearsals); `admin` also deletes what was learned, reloads, and enforces Message-Authenticator.",
		},
		{
			Path: "admin.accounts[].password_hash", Kind: tree.Secret, Required: true,
			Meaning: "The argon2id hash of the password, as `ivalt-radius hash-password` prints it. A change of hash or role ends the account's sessions.",
		},
		{
			Path: "admin.tokens[].name", Kind: tree.Name, Required: true,
			Meaning: "A machine that shows a token as `Authorization: Bearer`; unique. It stands in the trail as `token=NAME`.",
		},
		{Path: "admin.tokens[].role", Kind: tree.Choice, Required: true, Choices: roles(), Meaning: "As an account's."},
		{
			Path: "admin.tokens[].scopes", Kind: tree.Texts, Unset: "all of its role",
			Meaning: "What it may do of that: some of `read`, `write`, `delete`, `configure`, `metrics`.",
		},
		{
			Path: "admin.tokens[].digest", Kind: tree.Secret, Required: true,
			Meaning: "SHA-256 of the token, 64 lowercase hexadecimal digits. The token itself is drawn by lot and stands nowhere.",
		},
		{
			Path: "admin.tokens[].expires", Required: true,
			Meaning: "When it is no longer taken: a date (from 00:00 UTC of that day on) or a time as RFC 3339. More than a year ahead is a warning.",
		},
		{
			Path: "admin.session.idle", Kind: tree.Duration, Default: "1h", Min: int64(time.Minute), Max: int64(mostIdle),
			Meaning: "A session ends so long after the last request that its person made; a page that renews itself does not count.",
		},
		{
			Path: "admin.session.absolute", Kind: tree.Duration, Default: "12h", Min: int64(5 * time.Minute), Max: int64(mostAbsolute),
			Meaning: "And so long after the sign-in, whatever happens. Accounts, tokens, hosts, sessions and metrics come into force by reload.",
		},
	}
}

// roles are those of accounts and tokens.
func roles() []string { return []string{"viewer", "operator", "admin"} }
