package keys

import (
	"slices"
	"time"

	"ivalt-radius/config/tree"
)

// Key is one key of the settings.
type Key = tree.Key

// Windows is the one list of maps in whose place a single map may stand.
const Windows = "policy.rules[].only.hours[]"

// All returns the table, in the order of the docs.
func All() []Key {
	return slices.Concat(serverKeys(), adminKeys(), clientKeys(), clientPatienceKeys(), clientFactorKeys(), disconnectKeys(), ivaltKeys(), ivaltWayKeys(), ivaltAnswerKeys(),
		userKeys(), rewriteKeys(), primaryKeys(), ldapKeys(), ldapPersonKeys(), upstreamKeys(), policyKeys(), ruleKeys(), rulePushKeys(), hourKeys(), groupKeys(),
		storeKeys(), clusterKeys(), clusterTLSKeys(), clusterTroubleKeys(), shipKeys(), secretKeys(), gateKeys(), lockoutKeys(), detectKeys(), respondKeys(), notifyKeys())
}

func serverKeys() []Key {
	return []Key{
		{
			Path: "listen.authentication", Kind: tree.Addresses, Default: "0.0.0.0:1812",
			Meaning: "UDP addresses for Access-Requests. A change needs a restart.",
		},
		{
			Path: "listen.accounting", Kind: tree.Addresses, Default: "0.0.0.0:1813", Empty: true,
			Meaning: "UDP addresses for Accounting-Requests; `[]` turns accounting off, and so does the empty text in the environment. A change needs a restart.",
		},
		{
			Path: "listen.admin", Kind: tree.Address, Default: "127.0.0.1:9812",
			Meaning: "TCP address of the operator's window: health, metrics, API and page; `\"\"` turns it off. Beyond loopback it needs `admin.tls`. A port in use is a fault at the start where the key is written; the default's is a warning, and tried again. A change needs a restart.",
		},
		{
			Path: "max_attempts", Kind: tree.Number, Default: "20000", Min: 1, Max: 1_000_000,
			Meaning: "Logins waiting at once; over it, a login is rejected as `busy`.",
		},
		{
			Path: "reject_delay", Kind: tree.Duration, Default: "1s", Max: int64(10 * time.Second),
			Meaning: "Every Access-Reject leaves no earlier than this after its request.",
		},
		{
			Path: "status_server", Kind: tree.Bool, Default: "true",
			Meaning: "Whether Status-Server (RFC 5997) is answered at all.",
		},
	}
}

func clientKeys() []Key {
	return []Key{
		{
			Path: "clients[].name", Kind: tree.Name, Required: true,
			Meaning: "The client's name in logs, rules and metrics: 1 to 64 letters, digits, `.`, `_` or `-`; unique, whatever its case.",
		},
		{
			Path: "clients[].networks", Kind: tree.Prefixes, Required: true,
			Meaning: "Prefixes it may ask from; the longest match wins. Equal prefixes in two clients are a fault. An address alone is a prefix of full length.",
		},
		{
			Path: "clients[].secrets", Kind: tree.Secrets, Required: true,
			Meaning: "Shared secrets, 16 characters each at least: every one verifies, and the one that verified a request signs its answers, so a secret can be rotated without an outage.",
		},
		{
			Path: "clients[].message_authenticator", Kind: tree.Choice, Default: "auto", Choices: []string{"required", "auto", "optional"},
			Meaning: "Whether requests must carry a Message-Authenticator. `auto`: an address that ever sent a valid one must send it from then on. `optional` leaves CVE-2024-3596 (Blast-RADIUS) open.",
		},
		{
			Path: "clients[].insecure_omit_message_authenticator", Kind: tree.Bool, Default: "false",
			Meaning: "Leave it out of replies, for the gateways that drop replies with it.",
		},
		{
			Path: "clients[].profile", Unset: "none",
			Meaning: "A NAS preset: its patience and its quirks, each still overridden by the keys of the client.",
		},
		{
			Path: "clients[].calling_station_from", Kind: tree.Texts, Default: "Calling-Station-Id,Tunnel-Client-Endpoint",
			Meaning: "Attributes to take the person's address from, in order.",
		},
	}
}

func clientPatienceKeys() []Key {
	return []Key{
		{
			Path: "clients[].answer_within", Kind: tree.Duration, Min: int64(5 * time.Second), Max: int64(10 * time.Minute), Unset: "the profile's, else `60s`",
			Meaning: "How long this NAS waits in all, from the attempt's first packet; the answer leaves 1 s before at the latest.",
		},
		{
			Path: "clients[].on_push_timeout", Kind: tree.Choice, Default: "reject", Choices: []string{"reject", "silence"},
			Meaning: "What this NAS gets when nobody answered the phone.",
		},
		{
			Path: "clients[].status_server", Kind: tree.Bool, Default: "true",
			Meaning: "Whether this client's Status-Server is answered.",
		},
		{
			Path: "clients[].join_without_calling_station", Kind: tree.Bool, Default: "false",
			Meaning: "Let retries with a new identifier join a login though the NAS names no calling station.",
		},
	}
}

func ivaltKeys() []Key {
	return []Key{
		{
			Path: "ivalt.url", Kind: tree.URL, Default: "https://api.ivalt.com",
			Meaning: "Base URL; `https`, or `http` for a loopback host only.",
		},
		{
			Path: "ivalt.dialect", Kind: tree.Choice, Default: "gateway", Choices: []string{"gateway", "laravel"},
			Meaning: "Whose paths are below `ivalt.url`: the bare host's, or those of a base such as `https://api.ivalt.com/admin/public/api`.",
		},
		{
			Path: "ivalt.endpoint", Kind: tree.Choice, Default: "geofence", Choices: []string{"geofence", "plain"},
			Meaning: "Where results are read: with iVALT's geofences and time windows, or without.",
		},
		{
			Path: "ivalt.pending", Kind: tree.Texts, Default: "202,204,400,404,422",
			Meaning: "Statuses of a result that mean that nobody has answered yet; one that is left out is a failure.",
		},
		{
			Path: "ivalt.api_key", Kind: tree.Secret, Required: true,
			Meaning: "32 characters at least of `[A-Za-z0-9_-]`; known placeholders are refused.",
		},
		{
			Path: "ivalt.limits.per_second", Kind: tree.Number, Default: "20", Max: 1_000_000_000,
			Meaning: "API calls a second, all nodes together; 0 is unlimited.",
		},
		{
			Path: "ivalt.limits.per_minute", Kind: tree.Number, Default: "100", Max: 1_000_000_000,
			Meaning: "API calls a minute, all nodes together; 0 is unlimited.",
		},
		{
			Path: "ivalt.limits.per_hour", Kind: tree.Number, Default: "1000", Max: 1_000_000_000,
			Meaning: "API calls an hour, all nodes together; 0 is unlimited.",
		},
		{
			Path: "ivalt.connections", Kind: tree.Number, Default: "32", Min: 1, Max: 1024,
			Meaning: "Most HTTP connections to iVALT at once.",
		},
		{
			Path: "ivalt.request_from", Default: "VPN {client} {calling_station}",
			Meaning: "The text that the push shows; `{client}`, `{calling_station}`, `{user}` and `{number}`, two digits of this push, are filled in. The number stands at the end where the text does not place it.",
		},
	}
}

func ivaltWayKeys() []Key {
	return []Key{
		{
			Path: "ivalt.ca_file", Unset: "none",
			Meaning: "PEM file of further root certificates.",
		},
		{
			Path: "ivalt.system_roots", Kind: tree.Bool, Default: "true",
			Meaning: "Trust the machine's root certificates too; `false` leaves those of `ivalt.ca_file` alone.",
		},
		{
			Path: "ivalt.pins", Kind: tree.Texts, Unset: "none",
			Meaning: "Public keys as `sha256/BASE64` (RFC 7469), one of which iVALT's verified chain must hold. Name two at least, so that one can be replaced.",
		},
		{
			Path: "ivalt.proxy", Kind: tree.Secret, Unset: "none",
			Meaning: "URL of a proxy, `http` or `https`, with user and password where it wants them; `HTTPS_PROXY` is not read.",
		},
		{
			Path: "ivalt.signing_secret", Kind: tree.Secret, Unset: "requests are not signed",
			Meaning: "32 characters at least: HMAC-SHA256 over every request, for a proxy of your own that verifies it.",
		},
		{
			Path: "ivalt.send_client_address", Kind: tree.Bool, Default: "false",
			Meaning: "Tell iVALT the person's IP address, as `X-Forwarded-For` of pushes and polls.",
		},
	}
}

func ivaltAnswerKeys() []Key {
	return []Key{
		{
			Path: "ivalt.approval_timeout", Kind: tree.Duration, Default: "60s", Min: int64(5 * time.Second), Max: int64(5 * time.Minute),
			Meaning: "How long a person has to approve, from the push; never past 2 s before the answer must leave.",
		},
		{
			Path: "ivalt.sentinel", Kind: tree.Choice, Default: "always", Choices: []string{"always", "auto"},
			Meaning: "The poll right after the push that finds stale approvals; `auto`: only where the mobile's history is dirty or unknown.",
		},
		{
			Path: "ivalt.result", Kind: tree.Choice, Default: "unknown", Choices: []string{"unknown", "sticky", "consumed"},
			Meaning: "What is known of iVALT's results, as `probe` finds it: whether reading one leaves it there (`sticky`) or takes it (`consumed`).",
		},
		{
			Path: "ivalt.late_credit", Kind: tree.Duration, Default: "30s", Max: int64(time.Minute),
			Meaning: "How long after its deadline a login's approval still counts, once, for the very same login (client, name, calling station and password). It needs a checked first factor and a calling station. 0 turns it off.",
		},
		{
			Path: "ivalt.insecure_late_credit", Kind: tree.Duration, Default: "0s", Max: int64(time.Minute),
			Meaning: "The same where the first factor or the calling station is missing: whoever knows the name may then use the approval.",
		},
		{
			Path: "ivalt.on_collision", Kind: tree.Choice, Default: "deny_both", Choices: []string{"deny_both", "keep_first"},
			Meaning: "What becomes of a second, different login while a push is open.",
		},
		{
			Path: "ivalt.allow_missing_details", Kind: tree.Bool, Default: "false",
			Meaning: "Accept a full approval that does not echo the mobile.",
		},
	}
}

func userKeys() []Key {
	return []Key{
		{
			Path: "users.email", Default: "{username}",
			Meaning: "How a login name becomes iVALT's e-mail, as in `{username}@example.com`; a name with `@` stays as it is. With the default a plain name has no e-mail and ends `unknown_user`.",
		},
		{
			Path: "users.file", Unset: "none",
			Meaning: "YAML map of login name to `{email, mobile, groups, password, nt_hash, reply}`, each optional; see [users-file.md](users-file.md). A running server takes changes by itself.",
		},
	}
}

func policyKeys() []Key {
	return []Key{
		{
			Path: "policy.timezone", Unset: "the machine's",
			Meaning: "The zone of `hours` that name none.",
		},
		{
			Path: "policy.default", Kind: tree.Choice, Default: "require_push", Choices: []string{"deny", "require_push", "exempt"},
			Meaning: "The decision where no rule matches.",
		},
	}
}

func ruleKeys() []Key {
	return []Key{
		{Path: "policy.rules[].name", Required: true, Meaning: "Named in logs and by `explain`."},
		{
			Path: "policy.rules[].match.users", Kind: tree.Texts, Unset: "everyone",
			Meaning: "Whom the rule is for; the first rule that matches decides. `*` stands for any run of characters; a pattern without `@` or `\\` is tested against the local part.",
		},
		{Path: "policy.rules[].match.groups", Kind: tree.Texts, Unset: "everyone", Meaning: "Groups of the person, as `users.file` or LDAP names them."},
		{Path: "policy.rules[].match.clients", Kind: tree.Texts, Unset: "everyone", Meaning: "Names of clients."},
		{
			Path: "policy.rules[].match.networks", Kind: tree.Prefixes, Unset: "everyone",
			Meaning: "Prefixes of the calling address; an unknown address is in none.",
		},
		{
			Path: "policy.rules[].only.networks", Kind: tree.Prefixes, Unset: "nothing",
			Meaning: "Prefixes that must hold the calling address as well; where they do not, the login is denied.",
		},
		{
			Path: "policy.rules[].decision", Kind: tree.Choice, Default: "require_push", Choices: []string{"deny", "require_push", "exempt"},
			Meaning: "What a login that meets the rule gets.",
		},
		{
			Path: "policy.rules[].reply", Kind: tree.Attributes, Unset: "none",
			Meaning: "Attribute name to value, or to a list of values, for the Access-Accept. A value may hold `{group}` where the rule has `match.groups`: the first of the " +
				"person's groups that meets it, as the directory writes it.",
		},
	}
}

func rulePushKeys() []Key {
	const longest = int64(30 * 24 * time.Hour)
	return []Key{
		{
			Path: "policy.rules[].primary", Kind: tree.Choice, Unset: "the client's", Choices: factors(),
			Meaning: "The first factor of the logins that the rule decides.",
		},
		{
			Path: "policy.rules[].remember.for", Kind: tree.Duration, Default: "0s", Max: longest,
			Meaning: "How long a login that was approved by phone comes in again without one: the same client, name, calling station and password. Needs a first factor. 0: never.",
		},
		{
			Path: "policy.rules[].fail.mode", Kind: tree.Choice, Default: "deny", Choices: []string{"deny", "allow_remembered", "insecure_allow"},
			Meaning: "What happens where iVALT cannot be asked. `allow_remembered`: whom iVALT approved within `fail.for`, at the same calling station, comes in; `insecure_allow`: " +
				"everybody whose first factor is right, until `fail.until`.",
		},
		{
			Path: "policy.rules[].fail.for", Kind: tree.Duration, Unset: "none", Min: int64(time.Minute), Max: longest,
			Meaning: "How old an approval may be; required with `allow_remembered`.",
		},
		{
			Path: "policy.rules[].fail.until", Unset: "none",
			Meaning: "When `insecure_allow`, which requires it, ends by itself: an RFC 3339 time such as `2026-12-24T18:00:00+01:00`, at most 30 days ahead.",
		},
		{
			Path: "policy.rules[].fail.reason", Unset: "none",
			Meaning: "Why the rule needs `insecure_allow`, which requires it; for the log and the trail.",
		},
	}
}

func groupKeys() []Key {
	return []Key{
		{
			Path: "policy.groups[].name", Required: true,
			Meaning: "A group, as `users.file` or LDAP names it, without regard to case; no pattern.",
		},
		{
			Path: "policy.groups[].reply", Kind: tree.Attributes, Required: true,
			Meaning: "Attributes for the Access-Accept of the group's people; `{group}` is the group. A person's own win over a group's, and those over the rule's, by attribute name; of " +
				"two groups the first of this list wins.",
		},
	}
}

func hourKeys() []Key {
	return []Key{
		{
			Path: Windows + ".days", Kind: tree.Texts, Unset: "every day",
			Meaning: "Days on which the window starts: `mon` to `sun`. `hours` is one window or a list of windows; where none holds, the login is denied.",
		},
		{Path: Windows + ".from", Unset: "must be written", Meaning: "Clock time, inclusive."},
		{Path: Windows + ".to", Unset: "must be written", Meaning: "Clock time, exclusive; `24:00` is allowed; before `from` it runs over midnight."},
		{Path: Windows + ".timezone", Unset: "`policy.timezone`", Meaning: "Zone of the window, as in `Europe/Berlin`."},
		{Path: Windows + ".except", Kind: tree.Texts, Unset: "none", Meaning: "Dates on which the window does not start, as in `2026-12-25`."},
	}
}
