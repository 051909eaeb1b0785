package inventory

import (
	"fmt"
	"net/url"
	"time"

	"ivalt-radius/config"
	"ivalt-radius/secret"
)

// Kind is what a secret is for. The same text is another secret where it is for something else.
type Kind string

// The kinds.
const (
	Shared     Kind = "shared_secret"
	APIKey     Kind = "api_key"
	Signing    Kind = "signing_secret"
	Proxy      Kind = "proxy_password"
	Bind       Kind = "bind_password"
	Upstream   Kind = "upstream_secret"
	Passphrase Kind = "passphrase"
	NoticeURL  Kind = "notice_url"
	NoticeSign Kind = "notice_signing_secret"
	Mail       Kind = "mail_password"
	Memory     Kind = "redis_password"
	Sentinel   Kind = "sentinel_password"
	ClusterKey Kind = "cluster_key"
)

// What secrets need. A year is 365 days: PCI DSS and most houses ask for a change of shared secrets and API keys once a year.
const (
	MaxAge       = 365 * 24 * time.Hour
	leastShared  = 16 // octets
	leastIssued  = 32
	leastChosen  = 12
	leastOffline = 16 // of a text that whoever has a file may try at leisure
)

// Place is one secret of the settings.
type Place struct {
	Key    string // its path
	Kind   Kind
	Value  secret.Secret
	least  int           // octets
	oldest time.Duration // 0: its age is told, and never too great
	chosen secret.Secret // the part that is judged
}

// Places are the secrets of the settings that are there, in the order of the settings. Proxies without a password have none.
func Places(s *config.Settings) []Place {
	var all []Place
	add := func(p Place) {
		if p.chosen.Empty() {
			p.chosen = p.Value
		}
		if !p.Value.Empty() {
			all = append(all, p)
		}
	}
	for i, c := range s.Clients {
		for j, text := range c.Secrets {
			add(Place{Key: fmt.Sprintf("clients[%d].secrets[%d]", i, j), Kind: Shared, Value: text, least: leastShared, oldest: MaxAge})
		}
	}
	add(Place{Key: "ivalt.api_key", Kind: APIKey, Value: s.IVALT.APIKey, least: leastIssued, oldest: MaxAge})
	add(Place{Key: "ivalt.signing_secret", Kind: Signing, Value: s.IVALT.SigningSecret, least: leastShared, oldest: MaxAge})
	if password := proxyPassword(s.IVALT.Proxy); !password.Empty() {
		add(Place{Key: "ivalt.proxy", Kind: Proxy, Value: s.IVALT.Proxy, least: leastChosen, chosen: password})
	}
	add(Place{Key: "primary.ldap.bind_password", Kind: Bind, Value: s.Primary.LDAP.BindPassword, least: leastChosen, oldest: MaxAge})
	for i, u := range s.Primary.RADIUS.Servers {
		add(Place{Key: fmt.Sprintf("primary.radius.servers[%d].secret", i), Kind: Upstream, Value: u.Secret, least: leastShared, oldest: MaxAge})
	}
	for i, n := range s.Guard.Notify {
		path := fmt.Sprintf("guard.notify[%d].", i)
		add(Place{Key: path + "url", Kind: NoticeURL, Value: n.URL, least: leastChosen})
		add(Place{Key: path + "signing_secret", Kind: NoticeSign, Value: n.SigningSecret, least: leastShared, oldest: MaxAge})
		add(Place{Key: path + "password", Kind: Mail, Value: n.Password, least: leastChosen, oldest: MaxAge})
	}
	redis := s.State.Redis
	add(Place{Key: "state.redis.password", Kind: Memory, Value: redis.Password, least: leastChosen, oldest: MaxAge})
	add(Place{Key: "state.redis.sentinel_password", Kind: Sentinel, Value: redis.SentinelPassword, least: leastChosen, oldest: MaxAge})
	// A new cluster key is a new, empty memory, and all nodes take it at once: nobody is told to do that each year.
	add(Place{Key: "state.redis.cluster_key", Kind: ClusterKey, Value: redis.ClusterKey, least: leastIssued})
	add(Place{Key: "secrets.passphrase", Kind: Passphrase, Value: s.Secrets.Passphrase, least: leastOffline})
	return all
}

// proxyPassword is the password in the URL of a proxy.
func proxyPassword(proxy secret.Secret) secret.Secret {
	u, err := url.Parse(proxy.Reveal())
	if err != nil || u.User == nil {
		return secret.Secret{}
	}
	password, _ := u.User.Password()
	return secret.New(password)
}
