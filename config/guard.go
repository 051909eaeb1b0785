package config

import (
	"net/netip"
	"reflect"
	"time"

	"ivalt-radius/config/tree"
	"ivalt-radius/secret"
)

// Guard is the gate before a login, the watch after it, and what follows from what it sees. guard checks what it means.
type Guard struct {
	Attempts       Rates       `koanf:"attempts"`
	WrongPasswords Rates       `koanf:"wrong_passwords"`
	Pushes         Rates       `koanf:"pushes"`
	Lockout        Lockout     `koanf:"lockout"`
	Unanswered     Unanswered  `koanf:"unanswered"`
	Denied         Denied      `koanf:"denied"`
	Detect         Detect      `koanf:"detect"`
	Respond        Respond     `koanf:"respond"`
	Incidents      Incidents   `koanf:"incidents"`
	Notify         []Notifying `koanf:"notify"`
}

// Rates are how many there may be within a window; 0 is unlimited.
type Rates struct {
	Window            time.Duration `koanf:"window"`
	PerUser           int           `koanf:"per_user"`
	PerCallingStation int           `koanf:"per_calling_station"`
	PerClient         int           `koanf:"per_client"`
	InAll             int           `koanf:"in_all"`
}

// Lockout is for a person at one calling station.
type Lockout struct {
	After  int           `koanf:"after"` // wrong passwords; 0: never
	Window time.Duration `koanf:"window"`
	For    time.Duration `koanf:"for"` // the first; each next one is twice as long
	Most   time.Duration `koanf:"most"`
}

// Unanswered is for pushes that nobody answers.
type Unanswered struct {
	After int           `koanf:"after"` // in a row; 0: never
	For   time.Duration `koanf:"for"`   // the first; each next one is twice as long
	Most  time.Duration `koanf:"most"`
}

// Denied is for a push that the person refused.
type Denied struct {
	For time.Duration `koanf:"for"` // 0: no cool-down
}

// Detect are the thresholds of the watch.
type Detect struct {
	BruteForce           Threshold     `koanf:"brute_force"`
	PasswordSpray        Threshold     `koanf:"password_spray"`
	APIAbuse             Threshold     `koanf:"api_abuse"`
	SuspiciousSource     Threshold     `koanf:"suspicious_source"`
	PushBombing          Threshold     `koanf:"push_bombing"`
	BombedApproval       Threshold     `koanf:"bombed_approval"`
	PushRefused          Threshold     `koanf:"push_refused"`
	Collisions           Threshold     `koanf:"collisions"`
	UnknownClient        Threshold     `koanf:"unknown_client"`
	SpoofedClient        Threshold     `koanf:"spoofed_client"`
	MessageAuthenticator Threshold     `koanf:"message_authenticator"`
	GeofenceProbing      Threshold     `koanf:"geofence_probing"`
	TimeProbing          Threshold     `koanf:"time_probing"`
	ClockJump            Threshold     `koanf:"clock_jump"`
	TrailTampered        Threshold     `koanf:"trail_tampered"`
	FailedLogins         Threshold     `koanf:"failed_logins"`
	APIErrors            Threshold     `koanf:"api_errors"`
	APISlow              Threshold     `koanf:"api_slow"`
	APISlowFrom          time.Duration `koanf:"api_slow_from"`
}

// Thresholds are those of the rules, by the rule's word.
func (d Detect) Thresholds() map[string]Threshold {
	out := map[string]Threshold{}
	value := reflect.ValueOf(d)
	for i := range value.NumField() {
		if t, ok := value.Field(i).Interface().(Threshold); ok {
			out[value.Type().Field(i).Tag.Get("koanf")] = t
		}
	}
	return out
}

// Threshold is how many within a window raise an alert.
type Threshold struct {
	Count  int           `koanf:"count"` // 0: never
	Window time.Duration `koanf:"window"`
}

// Respond are the steps that follow from an incident, by severity: notify, watch, block, disconnect.
type Respond struct {
	Low                []string       `koanf:"low"`
	Medium             []string       `koanf:"medium"`
	High               []string       `koanf:"high"`
	Critical           []string       `koanf:"critical"`
	DryRun             bool           `koanf:"dry_run"` // block and disconnect are only said
	BlockFor           time.Duration  `koanf:"block_for"`
	NeverBlockUsers    []string       `koanf:"never_block_users"`
	NeverBlockNetworks []netip.Prefix `koanf:"never_block_networks"`
}

// Incidents is how long they are kept.
type Incidents struct {
	Retention time.Duration `koanf:"retention"` // after they were closed
}

// Notifying is one receiver of notices, as written.
type Notifying struct {
	Name              string        `koanf:"name"`
	Kind              string        `koanf:"kind"` // webhook, slack, email, command
	Severity          string        `koanf:"severity"`
	URL               secret.Secret `koanf:"url"`            // webhook, slack
	SigningSecret     secret.Secret `koanf:"signing_secret"` // webhook; empty: not signed
	Server            string        `koanf:"server"`         // email: HOST:PORT
	InsecurePlaintext bool          `koanf:"insecure_plaintext"`
	Username          string        `koanf:"username"`
	Password          secret.Secret `koanf:"password"`
	From              string        `koanf:"from"`
	Recipients        []string      `koanf:"recipients"`
	Command           string        `koanf:"command"` // an absolute path
	CAFile            string        `koanf:"ca_file"`
	Digest            time.Duration `koanf:"digest"`
	PerHour           int           `koanf:"per_hour"`
}

// noticeSecrets puts the secrets of the receivers in the place of what points to them, and judges them. A URL is no chosen secret.
func (l *loader) noticeSecrets(s *Settings) {
	for i := range s.Guard.Notify {
		n, path := &s.Guard.Notify[i], tree.Index("guard.notify", i)
		l.optional(tree.Join(path, "url"), &n.URL)
		signing := tree.Join(path, "signing_secret")
		if l.optional(signing, &n.SigningSecret); !n.SigningSecret.Empty() {
			l.judge(signing, n.SigningSecret, "secret that signs notices")
		}
		password := tree.Join(path, "password")
		if l.optional(password, &n.Password); !n.Password.Empty() {
			l.judge(password, n.Password, "password")
		}
	}
}
