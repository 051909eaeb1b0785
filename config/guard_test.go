package config

import "strings"

// exampleGuard is the part of the example that guards, with a value of its own for each key.
const exampleGuard = `guard:
  attempts: {window: 101s, per_user: 102, per_calling_station: 103, per_client: 104, in_all: 105}
  wrong_passwords: {window: 106s, per_user: 107, per_calling_station: 108, per_client: 109, in_all: 110}
  pushes: {window: 111s, per_user: 112, per_calling_station: 113, per_client: 114, in_all: 115}
  lockout: {after: 9, window: 90s, for: 31s, most: 62s}
  unanswered: {after: 8, for: 32s, most: 63s}
  denied: {for: 33s}
  detect:
    brute_force: {count: 116, window: 117s}
    password_spray: {count: 118, window: 119s}
    api_abuse: {count: 120, window: 121s}
    suspicious_source: {count: 122, window: 123s}
    push_bombing: {count: 124, window: 125s}
    bombed_approval: {count: 126, window: 127s}
    push_refused: {count: 128, window: 129s}
    collisions: {count: 130, window: 131s}
    unknown_client: {count: 132, window: 133s}
    spoofed_client: {count: 134, window: 135s}
    message_authenticator: {count: 136, window: 137s}
    geofence_probing: {count: 138, window: 139s}
    time_probing: {count: 140, window: 141s}
    clock_jump: {count: 142, window: 143s}
    trail_tampered: {count: 144, window: 145s}
    failed_logins: {count: 146, window: 147s}
    api_errors: {count: 148, window: 149s}
    api_slow: {count: 150, window: 151s}
    api_slow_from: 250ms
  respond: {low: [notify], medium: [], high: [block], critical: [disconnect], dry_run: false, block_for: 2h, never_block_users: [root], never_block_networks: [10.0.0.0/8]}
  incidents: {retention: 48h}
  notify:
    - {name: hook, kind: webhook, severity: low, url: "https://hooks.example/x", signing_secret: "file:rotated", ca_file: hook.pem, digest: 5s, per_hour: 6}
    - {name: mail, kind: email, server: "mail.example:587", insecure_plaintext: true, username: alarm, password: "file:rotated", from: a@example.com, recipients: [b@example.com]}
    - {name: own, kind: command, command: /usr/local/bin/alarm}
`

// everyGuardKey is what TestEveryKey wants of it.
func everyGuardKey() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(guardKeys) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		out[key] = value
	}
	return out
}

const guardKeys = `guard.attempts.window=1m41s
guard.attempts.per_user=102
guard.attempts.per_calling_station=103
guard.attempts.per_client=104
guard.attempts.in_all=105
guard.wrong_passwords.window=1m46s
guard.wrong_passwords.per_user=107
guard.wrong_passwords.per_calling_station=108
guard.wrong_passwords.per_client=109
guard.wrong_passwords.in_all=110
guard.pushes.window=1m51s
guard.pushes.per_user=112
guard.pushes.per_calling_station=113
guard.pushes.per_client=114
guard.pushes.in_all=115
guard.lockout.after=9
guard.lockout.window=1m30s
guard.lockout.for=31s
guard.lockout.most=1m2s
guard.unanswered.after=8
guard.unanswered.for=32s
guard.unanswered.most=1m3s
guard.denied.for=33s
guard.detect.brute_force.count=116
guard.detect.brute_force.window=1m57s
guard.detect.password_spray.count=118
guard.detect.password_spray.window=1m59s
guard.detect.api_abuse.count=120
guard.detect.api_abuse.window=2m1s
guard.detect.suspicious_source.count=122
guard.detect.suspicious_source.window=2m3s
guard.detect.push_bombing.count=124
guard.detect.push_bombing.window=2m5s
guard.detect.bombed_approval.count=126
guard.detect.bombed_approval.window=2m7s
guard.detect.push_refused.count=128
guard.detect.push_refused.window=2m9s
guard.detect.collisions.count=130
guard.detect.collisions.window=2m11s
guard.detect.unknown_client.count=132
guard.detect.unknown_client.window=2m13s
guard.detect.spoofed_client.count=134
guard.detect.spoofed_client.window=2m15s
guard.detect.message_authenticator.count=136
guard.detect.message_authenticator.window=2m17s
guard.detect.geofence_probing.count=138
guard.detect.geofence_probing.window=2m19s
guard.detect.time_probing.count=140
guard.detect.time_probing.window=2m21s
guard.detect.clock_jump.count=142
guard.detect.clock_jump.window=2m23s
guard.detect.trail_tampered.count=144
guard.detect.trail_tampered.window=2m25s
guard.detect.failed_logins.count=146
guard.detect.failed_logins.window=2m27s
guard.detect.api_errors.count=148
guard.detect.api_errors.window=2m29s
guard.detect.api_slow.count=150
guard.detect.api_slow.window=2m31s
guard.detect.api_slow_from=250ms
guard.respond.low=notify
guard.respond.medium=
guard.respond.high=block
guard.respond.critical=disconnect
guard.respond.dry_run=false
guard.respond.block_for=2h
guard.respond.never_block_users=root
guard.respond.never_block_networks=10.0.0.0/8
guard.incidents.retention=48h
guard.notify[0].name=hook
guard.notify[0].kind=webhook
guard.notify[0].severity=low
guard.notify[0].url=[redacted]
guard.notify[0].signing_secret=[redacted]
guard.notify[0].server=
guard.notify[0].insecure_plaintext=false
guard.notify[0].username=
guard.notify[0].password=
guard.notify[0].from=
guard.notify[0].recipients=
guard.notify[0].command=
guard.notify[0].ca_file=hook.pem
guard.notify[0].digest=5s
guard.notify[0].per_hour=6
guard.notify[1].name=mail
guard.notify[1].kind=email
guard.notify[1].severity=medium
guard.notify[1].url=
guard.notify[1].signing_secret=
guard.notify[1].server=mail.example:587
guard.notify[1].insecure_plaintext=true
guard.notify[1].username=alarm
guard.notify[1].password=[redacted]
guard.notify[1].from=a@example.com
guard.notify[1].recipients=b@example.com
guard.notify[1].command=
guard.notify[1].ca_file=
guard.notify[1].digest=1m
guard.notify[1].per_hour=20
guard.notify[2].name=own
guard.notify[2].kind=command
guard.notify[2].severity=medium
guard.notify[2].url=
guard.notify[2].signing_secret=
guard.notify[2].server=
guard.notify[2].insecure_plaintext=false
guard.notify[2].username=
guard.notify[2].password=
guard.notify[2].from=
guard.notify[2].recipients=
guard.notify[2].command=/usr/local/bin/alarm
guard.notify[2].ca_file=
guard.notify[2].digest=1m
guard.notify[2].per_hour=20`

// guardDefaults is what TestDefaults wants of it.
const guardDefaults = "{Attempts:{Window:1m0s PerUser:10 PerCallingStation:60 PerClient:20000 InAll:40000} WrongPasswords:{Window:5m0s PerUser:8 PerCalli" +
	"ngStation:20 PerClient:500 InAll:1000} Pushes:{Window:5m0s PerUser:3 PerCallingStation:30 PerClient:20000 InAll:40000} Lockout:{Af" +
	"ter:4 Window:15m0s For:1m0s Most:15m0s} Unanswered:{After:2 For:5m0s Most:1h0m0s} Denied:{For:2m0s} Detect:{BruteForce:{Count:5 Wi" +
	"ndow:5m0s} PasswordSpray:{Count:5 Window:10m0s} APIAbuse:{Count:3 Window:1m0s} SuspiciousSource:{Count:1 Window:1h0m0s} PushBombin" +
	"g:{Count:3 Window:10m0s} BombedApproval:{Count:2 Window:10m0s} PushRefused:{Count:1 Window:1h0m0s} Collisions:{Count:1 Window:1h0m" +
	"0s} UnknownClient:{Count:10 Window:1m0s} SpoofedClient:{Count:3 Window:5m0s} MessageAuthenticator:{Count:5 Window:5m0s} GeofencePr" +
	"obing:{Count:3 Window:1h0m0s} TimeProbing:{Count:3 Window:1h0m0s} ClockJump:{Count:1 Window:1h0m0s} TrailTampered:{Count:1 Window:" +
	"1h0m0s} FailedLogins:{Count:10 Window:1m0s} APIErrors:{Count:5 Window:5m0s} APISlow:{Count:10 Window:5m0s} APISlowFrom:5s} Respond" +
	":{Low:[] Medium:[notify] High:[notify watch] Critical:[notify watch block disconnect] DryRun:true BlockFor:1h0m0s NeverBlockUsers:" +
	"[] NeverBlockNetworks:[]} Incidents:{Retention:8760h0m0s} Notify:[]}"
