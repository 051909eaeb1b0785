package keys

import (
	"strconv"
	"time"

	"ivalt-radius/config/tree"
)

// mostRate bounds what a limit may allow; day bounds every window.
const (
	mostRate = 10_000_000
	day      = 24 * time.Hour
)

// rates are the keys of one kind of limit.
func rates(path, what, window string, user, station, client, all int) []Key {
	number := func(key string, standard int, whom string) Key {
		return Key{
			Path: path + "." + key, Kind: tree.Number, Default: strconv.Itoa(standard), Max: mostRate,
			Meaning: "Most " + what + " " + whom + " within the window; 0 is unlimited.",
		}
	}
	return []Key{
		{
			Path: path + ".window", Kind: tree.Duration, Default: window, Min: int64(time.Second), Max: int64(day),
			Meaning: "The window of the limits of " + what + ": room comes back evenly over it.",
		},
		number("per_user", user, "of one person"),
		number("per_calling_station", station, "from one calling station"),
		number("per_client", client, "through one client"),
		number("in_all", all, "in all"),
	}
}

func gateKeys() []Key {
	all := rates("guard.attempts", "logins", "1m", 10, 60, 20_000, 40_000)
	all = append(all, rates("guard.wrong_passwords", "wrong passwords", "5m", 8, 20, 500, 1000)...)
	pushes := rates("guard.pushes", "pushes", "5m", 3, 30, 20_000, 40_000)
	pushes[1].Meaning += " One that the person approves is given back."
	return append(all, pushes...)
}

func lockoutKeys() []Key {
	return []Key{
		{
			Path: "guard.lockout.after", Kind: tree.Number, Default: "4", Max: 1000,
			Meaning: "Wrong passwords of one person from one calling station within the window, after which this person is locked out there; 0: never.",
		},
		{
			Path: "guard.lockout.window", Kind: tree.Duration, Default: "15m", Min: int64(time.Second), Max: int64(day),
			Meaning: "How long a wrong password counts, unless the right one comes.",
		},
		{
			Path: "guard.lockout.for", Kind: tree.Duration, Default: "1m", Min: int64(time.Second), Max: int64(day),
			Meaning: "How long the first lockout lasts; each next one twice as long.",
		},
		{
			Path: "guard.lockout.most", Kind: tree.Duration, Default: "15m", Min: int64(time.Second), Max: int64(7 * day),
			Meaning: "The longest lockout.",
		},
		{
			Path: "guard.unanswered.after", Kind: tree.Number, Default: "2", Max: 1000,
			Meaning: "Pushes in a row that nobody answered, after which no phone rings for a while; 0: never.",
		},
		{
			Path: "guard.unanswered.for", Kind: tree.Duration, Default: "5m", Min: int64(time.Second), Max: int64(day),
			Meaning: "How long the first such pause lasts; after each further push that nobody answers twice as long.",
		},
		{
			Path: "guard.unanswered.most", Kind: tree.Duration, Default: "1h", Min: int64(time.Second), Max: int64(7 * day),
			Meaning: "The longest such pause.",
		},
		{
			Path: "guard.denied.for", Kind: tree.Duration, Default: "2m", Max: int64(day),
			Meaning: "How long no phone rings after the person refused a push; 0: no cool-down.",
		},
	}
}

// detectKeys are the thresholds of the watch. Where the operators' security guide has a number it is the default.
func detectKeys() []Key {
	var all []Key
	for _, r := range []struct {
		rule, count, window, what string
	}{
		{"brute_force", "5", "5m", "Wrong passwords for one person, or from one address"},
		{"password_spray", "5", "10m", "Different people for whom one address sent a wrong password"},
		{"api_abuse", "3", "1m", "Logins of one person or address that a limit refused, or calls that iVALT throttled"},
		{"suspicious_source", "1", "1h", "Logins of one address that a block, or a rule's networks, refused"},
		{"push_bombing", "3", "10m", "Pushes to one person that were refused or not answered"},
		{"bombed_approval", "2", "10m", "Such pushes right before one that the person approved"},
		{"push_refused", "1", "1h", "Pushes that one person refused (\"it was not me\")"},
		{"collisions", "1", "1h", "Logins of one person that collided with another, or stale approvals"},
		{"unknown_client", "10", "1m", "Packets of one address that is no client's"},
		{"spoofed_client", "3", "5m", "Requests without Message-Authenticator from an address that must send it"},
		{"message_authenticator", "5", "5m", "Packets of one client's address that no shared secret verifies"},
		{"geofence_probing", "3", "1h", "Logins of one person that iVALT's geofence refused"},
		{"time_probing", "3", "1h", "Logins of one person outside their hours"},
		{"clock_jump", "1", "1h", "Jumps of the machine's clock"},
		{"trail_tampered", "1", "1h", "Findings that the audit trail is not as it was written"},
		{"failed_logins", "10", "1m", "Failed logins in all, where they are a tenth of all logins too"},
		{"api_errors", "5", "5m", "Failed calls to iVALT"},
		{"api_slow", "10", "5m", "Calls to iVALT whose average time is above `guard.detect.api_slow_from`"},
	} {
		path := "guard.detect." + r.rule
		all = append(all,
			Key{Path: path + ".count", Kind: tree.Number, Default: r.count, Max: mostRate, Meaning: r.what + ": so many within the window raise an alert; 0: never."},
			Key{Path: path + ".window", Kind: tree.Duration, Default: r.window, Min: int64(time.Second), Max: int64(day), Meaning: "The window of `" + path + ".count`."})
	}
	return append(all, Key{
		Path: "guard.detect.api_slow_from", Kind: tree.Duration, Default: "5s", Min: int64(10 * time.Millisecond), Max: int64(time.Minute),
		Meaning: "From which average time on calls to iVALT are slow.",
	})
}

// steps says what follows from an incident of a severity.
func steps(severity, standard string) Key {
	return Key{
		Path: "guard.respond." + severity, Kind: tree.Texts, Default: standard, Unset: "nothing but the log and the incident", Empty: true,
		Meaning: "What follows from an incident of " + severity + " severity: `notify` the receivers of `guard.notify`, `watch` (each login of the person or address goes into the incident), " +
			"`block` the person or address, `disconnect` their sessions. The log and the trail always have it.",
	}
}

func respondKeys() []Key {
	return []Key{
		steps("low", ""), steps("medium", "notify"), steps("high", "notify,watch"), steps("critical", "notify,watch,block,disconnect"),
		{
			Path: "guard.respond.dry_run", Kind: tree.Bool, Default: "true",
			Meaning: "Whether `block` and `disconnect` are only written down, as what would have been done.",
		},
		{
			Path: "guard.respond.block_for", Kind: tree.Duration, Default: "1h", Min: int64(time.Minute), Max: int64(365 * day),
			Meaning: "How long an automatic block lasts.",
		},
		{
			Path: "guard.respond.never_block_users", Kind: tree.Texts, Unset: "nobody",
			Meaning: "Login names whom no automatic step blocks or disconnects; `*` stands for any run of characters.",
		},
		{
			Path: "guard.respond.never_block_networks", Kind: tree.Prefixes, Unset: "none",
			Meaning: "Prefixes of which no address is blocked automatically, such as an office's own.",
		},
		{
			Path: "guard.incidents.retention", Kind: tree.Duration, Default: "8760h", Min: int64(time.Hour), Max: int64(200_000 * time.Hour),
			Meaning: "How long a closed incident is kept. One that is open is kept, and holds its records in the trail.",
		},
	}
}

func notifyKeys() []Key {
	return []Key{
		{
			Path: "guard.notify[].name", Kind: tree.Name, Required: true,
			Meaning: "The receiver's name in logs, unique; its notices wait under it in `state.directory`.",
		},
		{
			Path: "guard.notify[].kind", Kind: tree.Choice, Required: true, Choices: []string{"webhook", "slack", "email", "command"},
			Meaning: "`webhook`: JSON, POSTed and signed; `slack`: a text to a Slack-compatible incoming webhook; `email`: SMTP with STARTTLS; `command`: a program that gets the JSON on its standard input.",
		},
		{
			Path: "guard.notify[].severity", Kind: tree.Choice, Default: "medium", Choices: []string{"low", "medium", "high", "critical"},
			Meaning: "The least severity that it is told of.",
		},
		{
			Path: "guard.notify[].url", Kind: tree.Secret, Unset: "none",
			Meaning: "Of a `webhook` or `slack`: `https`, or `http` for a loopback host only. It is a secret, since whoever knows it can write there.",
		},
		{
			Path: "guard.notify[].signing_secret", Kind: tree.Secret, Unset: "not signed",
			Meaning: "Of a `webhook`: the secret of the HMAC-SHA-256 over time and body in its `X-IVALT-RADIUS-Signature`.",
		},
		{
			Path: "guard.notify[].server", Unset: "none",
			Meaning: "Of an `email`: the mail server, `HOST:PORT`. Port 465 speaks TLS from the start, every other one STARTTLS.",
		},
		{
			Path: "guard.notify[].insecure_plaintext", Kind: tree.Bool, Default: "false",
			Meaning: "Of an `email`: take a mail server without STARTTLS; names and addresses cross the network in plain text.",
		},
		{Path: "guard.notify[].username", Unset: "no login", Meaning: "Of an `email`: the account on the mail server."},
		{Path: "guard.notify[].password", Kind: tree.Secret, Unset: "none", Meaning: "Of an `email`: its password; never sent without TLS."},
		{Path: "guard.notify[].from", Unset: "none", Meaning: "Of an `email`: the sender's address."},
		{Path: "guard.notify[].recipients", Kind: tree.Texts, Unset: "none", Meaning: "Of an `email`: the addresses that it goes to."},
		{Path: "guard.notify[].command", Unset: "none", Meaning: "Of a `command`: the absolute path of the program, without arguments; it is killed after 30 s."},
		{Path: "guard.notify[].ca_file", Unset: "the system's roots", Meaning: "Root certificates, PEM, of the server that it goes to."},
		{
			Path: "guard.notify[].digest", Kind: tree.Duration, Default: "1m", Max: int64(day),
			Meaning: "Notices that come within this after the first go out as one message; 0: each by itself. A critical one does not wait.",
		},
		{
			Path: "guard.notify[].per_hour", Kind: tree.Number, Default: "20", Min: 1, Max: 10_000,
			Meaning: "Most messages within an hour; what is too much waits for the next one, as a digest.",
		},
	}
}

func disconnectKeys() []Key {
	return []Key{
		{
			Path: "clients[].disconnect_port", Kind: tree.Number, Default: "0", Max: 65535,
			Meaning: "The UDP port on which this client's NAS takes Disconnect-Requests (RFC 5176; its own is 3799); 0: it takes none.",
		},
		{
			Path: "clients[].session_end", Kind: tree.Choice, Default: "watch", Choices: []string{"watch", "disconnect"},
			Meaning: "What is done about a session that goes on behind its end (Session-Timeout, the end of the hours), as accounting tells: `watch` says so, `disconnect` also asks the NAS to end it, " +
				"which needs a `disconnect_port`.",
		},
	}
}
