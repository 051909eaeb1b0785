package keys

import (
	"time"

	"ivalt-radius/config/tree"
)

func factors() []string { return []string{"none", "file", "ldap", "radius"} }

func clientFactorKeys() []Key {
	return []Key{
		{
			Path: "clients[].primary", Kind: tree.Choice, Unset: "`primary.method`", Choices: factors(),
			Meaning: "The first factor of this client's logins, where the deciding rule names none.",
		},
		{
			Path: "clients[].insecure_methods", Kind: tree.Texts, Unset: "none: PAP alone",
			Meaning: "Further ways in which passwords may come: `chap`, which only the first factor `radius` can check, and `mschapv2`, which `file` (with an `nt_hash`) and " +
				"`radius` can. Whoever reads the wire can try passwords against either at leisure; under PAP the shared secret stands between.",
		},
		{
			Path: "clients[].challenge", Kind: tree.Choice, Default: "off", Choices: []string{"off", "choose", "approve"},
			Meaning: "What this NAS may be asked by Access-Challenge. `choose`: which phone, where a person has several; `approve`: that, and then \"approve on your phone, " +
				"then press Enter\", for a NAS that gives up before a person can answer.",
		},
	}
}

func rewriteKeys() []Key {
	return []Key{
		{
			Path: "users.rewrite[].from", Required: true,
			Meaning: "A regular expression (Go's RE2) that the whole canonical login name must meet, without regard to case. The rewrites are tried in their order, each on the former's result.",
		},
		{
			Path: "users.rewrite[].to", Required: true,
			Meaning: "What the name becomes: `$1` is what the first parentheses of `from` matched. Rules, the directory, the push and the log know the result.",
		},
		{
			Path: "users.enrolment_message", Unset: "\"Access denied.\"",
			Meaning: "Reply-Message, of at most 200 octets, to a person whom iVALT does not know: where to enrol. It is sent after a verified first factor only, so that it tells a stranger nothing.",
		},
	}
}

func primaryKeys() []Key {
	return []Key{
		{
			Path: "primary.method", Kind: tree.Choice, Default: "none", Choices: factors(),
			Meaning: "The first factor, always checked before the push: `none` (the phone is the only factor), `file` (passwords of `users.file`), `ldap` or `radius` " +
				"(an upstream server). Clients and rules may name another.",
		},
		{
			Path: "primary.cache", Kind: tree.Duration, Default: "0s", Max: int64(5 * time.Minute),
			Meaning: "How long a password that was right counts as right without being checked again, by whichever first factor; a password that `ldap` or `radius` changed or locked is noticed that much later. 0: always checked.",
		},
	}
}

func ldapKeys() []Key {
	return []Key{
		{
			Path: "primary.ldap.urls", Kind: tree.Texts, Unset: "none",
			Meaning: "Servers, in order: `ldaps://HOST[:PORT]`, or `ldap://HOST[:PORT]`, which is upgraded with StartTLS. The next is asked where one cannot be. With them LDAP is a " +
				"directory too: of e-mails, phones and groups.",
		},
		{
			Path: "primary.ldap.insecure_plaintext", Kind: tree.Bool, Default: "false",
			Meaning: "Speak `ldap://` without TLS: passwords cross the network in the clear.",
		},
		{Path: "primary.ldap.ca_file", Unset: "none", Meaning: "PEM file of further root certificates."},
		{
			Path: "primary.ldap.system_roots", Kind: tree.Bool, Default: "true",
			Meaning: "Trust the machine's root certificates too; `false` leaves those of `primary.ldap.ca_file` alone.",
		},
		{
			Path: "primary.ldap.bind_dn", Unset: "none",
			Meaning: "Search account: people are searched for as this account, and then bound as themselves.",
		},
		{Path: "primary.ldap.bind_password", Kind: tree.Secret, Unset: "none", Meaning: "Its password; of any length, but never empty."},
		{
			Path: "primary.ldap.user_dn", Unset: "people are searched for",
			Meaning: "Without a search account: the name that people are bound as, such as `uid={username},ou=people,dc=example,dc=com` or `{username}@corp.example`. `{username}` is the " +
				"local part of the login name, `{user}` the whole one. Groups are then known after the rules have been judged, so no rule can name them.",
		},
		{Path: "primary.ldap.base", Unset: "none", Meaning: "DN below which people are searched for, such as `dc=example,dc=com`."},
		{
			Path: "primary.ldap.schema", Kind: tree.Choice, Default: "generic", Choices: []string{"generic", "active_directory"},
			Meaning: "Sets what `filter` and `name` are where they are not written.",
		},
		{
			Path: "primary.ldap.filter", Unset: "the schema's",
			Meaning: "Finds a person; `{username}` and `{user}` are escaped. `generic`: `(uid={username})`; `active_directory`: " +
				"`(|(sAMAccountName={username})(userPrincipalName={user}))` among user objects.",
		},
		{
			Path: "primary.ldap.name", Unset: "the schema's",
			Meaning: "Attribute with the listed login name. `generic`: `uid`; `active_directory`: `sAMAccountName`.",
		},
	}
}

func ldapPersonKeys() []Key {
	return []Key{
		{Path: "primary.ldap.email", Default: "mail", Meaning: "Attribute with the e-mail that iVALT knows."},
		{
			Path: "primary.ldap.mobile", Kind: tree.Texts, Default: "mobile", Empty: true,
			Meaning: "Attributes with mobile numbers, in order; every value is a phone of the person. `[]`: iVALT looks the phone up by e-mail. Whoever may write them decides whose phone rings.",
		},
		{Path: "primary.ldap.groups.base", Unset: "`primary.ldap.base`", Meaning: "DN below which groups are searched for."},
		{
			Path: "primary.ldap.groups.name", Default: "cn",
			Meaning: "Attribute of a group that rules name it by; `dn` is its whole DN.",
		},
		{
			Path: "primary.ldap.groups.nested", Kind: tree.Bool, Default: "true",
			Meaning: "Count groups of groups as the person's.",
		},
		{
			Path: "primary.ldap.timeout", Kind: tree.Duration, Default: "5s", Min: int64(time.Second), Max: int64(30 * time.Second),
			Meaning: "How long one server may take to connect or to answer, before the next is asked.",
		},
		{
			Path: "primary.ldap.connections", Kind: tree.Number, Default: "8", Min: 1, Max: 64,
			Meaning: "Most connections to a server at once.",
		},
	}
}

func upstreamKeys() []Key {
	return []Key{
		{
			Path: "primary.radius.servers[].address", Required: true,
			Meaning: "An upstream RADIUS server, `HOST:PORT`; the next is asked where one does not answer. Its answers must carry a Message-Authenticator.",
		},
		{
			Path: "primary.radius.servers[].secret", Kind: tree.Secret, Required: true,
			Meaning: "The secret that it shares with us: 16 characters at least.",
		},
		{
			Path: "primary.radius.timeout", Kind: tree.Duration, Default: "3s", Min: int64(500 * time.Millisecond), Max: int64(30 * time.Second),
			Meaning: "How long each try waits for an answer.",
		},
		{
			Path: "primary.radius.tries", Kind: tree.Number, Default: "2", Min: 1, Max: 10,
			Meaning: "Packets to one server before the next is asked.",
		},
		{
			Path: "primary.radius.attributes", Kind: tree.Texts, Unset: "none",
			Meaning: "Attributes of its Access-Accept that pass into ours; the operator's own of the same name win.",
		},
	}
}
