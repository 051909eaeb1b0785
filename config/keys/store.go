package keys

import (
	"time"

	"ivalt-radius/config/tree"
)

// SealKeyFile is the key that names the file with the key of sealed secrets.
const SealKeyFile = "secrets.key_file"

func storeKeys() []Key {
	return []Key{
		{
			Path: "audit.file", Unset: "`audit.jsonl` in `state.directory`",
			Meaning: "The audit trail; its older segments lie beside it, compressed. A change needs a restart.",
		},
		{
			Path: "audit.retention", Kind: tree.Duration, Default: "2160h", Min: int64(time.Hour), Max: int64(200_000 * time.Hour),
			Meaning: "How long the trail is kept: a segment whose newest record is older is removed, or moved to `audit.archive`, and the trail says so. What a hold covers stays.",
		},
		{
			Path: "audit.archive", Unset: "none: segments are removed",
			Meaning: "The directory to which segments older than `audit.retention` are moved. It may lie on another file system.",
		},
		{
			Path: "audit.segment_size", Kind: tree.Size, Default: "64MiB", Min: 64 << 10, Max: 1 << 30,
			Meaning: "The trail goes on in a new segment when the current one is larger, or at midnight UTC.",
		},
		{
			Path: "audit.checkpoint", Kind: tree.Duration, Default: "1m", Min: int64(time.Second), Max: int64(time.Hour),
			Meaning: "How long new records may wait for a signed checkpoint.",
		},
		{
			Path: "state.directory", Default: "/var/lib/ivalt-radius",
			Meaning: "What must outlive a restart. A change needs a restart.",
		},
	}
}

func shipKeys() []Key {
	return []Key{
		{
			Path: "audit.ship[].name", Kind: tree.Name, Required: true,
			Meaning: "The receiver's name in logs and counters, unique; where its shipping stands is kept under it in `state.directory`.",
		},
		{
			Path: "audit.ship[].to", Required: true,
			Meaning: "Where records go: `udp://HOST:514`, `tcp://HOST:601`, `tls://HOST:6514` (syslog, RFC 5424), `journald:`, or `file:/PATH`.",
		},
		{
			Path: "audit.ship[].format", Kind: tree.Choice, Default: "json", Choices: []string{"json", "ecs", "cef"},
			Meaning: "`json`: the trail's own line; `ecs`: Elastic Common Schema; `cef`: ArcSight Common Event Format.",
		},
		{
			Path: "audit.ship[].types", Kind: tree.Texts, Unset: "all",
			Meaning: "Types of records that are shipped, as in `[authentication_attempt, security_event]`.",
		},
		{
			Path: "audit.ship[].mask", Kind: tree.Bool, Default: "false",
			Meaning: "Ship keyed pseudonyms in the place of names and addresses.",
		},
		{
			Path: "audit.ship[].ca_file", Unset: "the system's roots",
			Meaning: "Root certificates of a `tls://` receiver, PEM.",
		},
		{
			Path: "audit.ship[].spool", Kind: tree.Size, Default: "256MiB", Min: 64 << 10, Max: 1 << 40,
			Meaning: "How far a receiver may fall behind, in octets of the trail; older records are skipped, counted, and the trail says so.",
		},
	}
}

func secretKeys() []Key {
	return []Key{
		{
			Path: SealKeyFile, Unset: "the systemd credential `seal.key` where there is one, else `seal.key` beside the configuration file",
			Meaning: "The file with the key that opens `sealed:` secrets, or `credential:NAME`; `ivalt-radius seal` makes it. It is read where there is such a secret, and nobody but its owner may read it.",
		},
		{
			Path: "secrets.passphrase", Kind: tree.Secret, Unset: "none",
			Meaning: "The passphrase of a key file that is itself encrypted with one: `env:NAME`, `file:PATH` or `credential:NAME`.",
		},
	}
}
