package config

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"ivalt-radius/fault"
)

const clusterDefaults = "{Addresses:[] Mode:single Master: Username: Password:[redacted] SentinelUsername: SentinelPassword:[redacted] Database:0 TLS:required CAFile: " +
	"ClientCertificate: ClientKey: ServerName: ClusterKey:[redacted] Prefix:ivalt-radius Timeout:1s MinReplicas:0 OnFailure:reject Nodes:2}"

// exampleCluster is the part of the example that several nodes share, with a value of its own for each key.
const exampleCluster = `state:
  node: radius-1
  directory: ./state
  redis:
    addresses: ["s1.example.com:26379", "[2001:db8::7]:26379"]
    mode: sentinel
    master: mymaster
    username: radius
    password: "file:rotated"
    sentinel_username: watcher
    sentinel_password: "file:rotated"
    database: 7
    tls: required
    ca_file: redis-ca.pem
    client_certificate: node.pem
    client_key: node.key
    server_name: redis.example.com
    cluster_key: "env:KEY"
    prefix: vpn
    timeout: 750ms
    min_replicas: 1
    on_failure: reject
    nodes: 3
`

// everyClusterKey is what TestEveryKey wants of it.
func everyClusterKey() map[string]string {
	return map[string]string{
		"state.node": "radius-1", "state.directory": "./state", "state.redis.addresses": "s1.example.com:26379, [2001:db8::7]:26379",
		"state.redis.mode": "sentinel", "state.redis.master": "mymaster", "state.redis.username": "radius", "state.redis.password": "[redacted]",
		"state.redis.sentinel_username": "watcher", "state.redis.sentinel_password": "[redacted]", "state.redis.database": "7", "state.redis.tls": "required",
		"state.redis.ca_file": "redis-ca.pem", "state.redis.client_certificate": "node.pem", "state.redis.client_key": "node.key",
		"state.redis.server_name": "redis.example.com", "state.redis.cluster_key": "[redacted]", "state.redis.prefix": "vpn", "state.redis.timeout": "750ms",
		"state.redis.min_replicas": "1", "state.redis.on_failure": "reject", "state.redis.nodes": "3",
	}
}

// sharing is a sound shared memory with more keys.
func sharing(more string) string {
	return `state: {redis: {addresses: ["127.0.0.1:6379"], cluster_key: "env:KEY"` + prefixed(more) + "}}\n"
}

func prefixed(more string) string {
	if more == "" {
		return ""
	}
	return ", " + more
}

func TestFaultsOfTheSharedMemory(t *testing.T) {
	memory := func(keys string) string { return "state: {redis: {" + keys + `, cluster_key: "env:KEY"}}` }
	for _, c := range []faultCase{
		{"several servers", memory(`addresses: ["127.0.0.1:1", "127.0.0.1:2"]`), "state.redis.addresses", 6, "names 2 servers, and mode: single is one"},
		{"no port", memory(`addresses: ["127.0.0.1"], tls: required`), "state.redis.addresses[0]", 6, "HOST:PORT"},
		{"a URL", memory(`addresses: ["redis://u:canary@127.0.0.1:1"]`), "state.redis.addresses[0]", 6, "HOST:PORT"},
		{"port 0", memory(`addresses: ["127.0.0.1:0"]`), "state.redis.addresses[0]", 6, "HOST:PORT"},
		{"one twice", memory(`mode: cluster, addresses: ["127.0.0.1:1", "127.0.0.1:1"]`), "state.redis.addresses[1]", 6, "stands here twice"},
		{"odd mode", memory(`addresses: ["127.0.0.1:1"], mode: ring`), "state.redis.mode", 6, "none of single, sentinel, cluster"},
		{"no master", memory(`addresses: ["127.0.0.1:1"], mode: sentinel`), "state.redis.mode", 6, "needs state.redis.master"},
		{"master of a single one", memory(`addresses: ["127.0.0.1:1"], master: m`), "state.redis.master", 6, "is for mode: sentinel"},
		{"database of a cluster", memory(`addresses: ["127.0.0.1:1"], mode: cluster, database: 1`), "state.redis.database", 6, "database 0 alone"},
		{"in the clear", memory(`addresses: ["127.0.0.1:1", "192.0.2.1:1"], mode: cluster, tls: off`), "state.redis.tls", 6, "TLS is required unless every address is loopback"},
		{"in the clear to a name", memory(`addresses: ["redis:6379"], tls: off`), "state.redis.tls", 6, "TLS is required unless every address is loopback"},
		{"no key", `state: {redis: {addresses: ["127.0.0.1:1"]}}`, "state.redis.cluster_key", 6, "is required"},
		{"short key", `state: {redis: {addresses: ["127.0.0.1:1"], cluster_key: "env:SHARED"}}`, "state.redis.cluster_key", 6, "is shorter than 32 characters"},
		{"key that is missing", `state: {redis: {addresses: ["127.0.0.1:1"], cluster_key: "env:NONE"}}`, "state.redis.cluster_key", 6, "NONE is not set"},
		{"half a pair", memory(`addresses: ["127.0.0.1:1"], client_certificate: a`), "state.redis.client_certificate", 6, "needs state.redis.client_key"},
		{"the other half", memory(`addresses: ["127.0.0.1:1"], client_key: a`), "state.redis.client_key", 6, "needs state.redis.client_certificate"},
		{"no password", memory(`addresses: ["127.0.0.1:1"], username: a`), "state.redis.username", 6, "needs state.redis.password"},
		{"prefix with a hash tag", memory(`addresses: ["127.0.0.1:1"], prefix: "{a}"`), "state.redis.prefix", 6, "no name of"},
		{"no time", memory(`addresses: ["127.0.0.1:1"], timeout: 1ms`), "state.redis.timeout", 6, "must be 50ms to 10s"},
		{"one node", memory(`addresses: ["127.0.0.1:1"], nodes: 1`), "state.redis.nodes", 6, "must be 2 to 100"},
		{"odd name", "state: {node: a b}", "state.node", 6, "no name of"},
	} {
		t.Run(c.title, func(t *testing.T) {
			s, faults := load(sound + c.text + "\n")
			if want := (fault.Fault{Key: c.key, Line: c.line, Message: c.words}); s != nil || !has(faults, want) || len(faults.Fatal()) != 1 {
				t.Errorf("got:\n%v\nwant alone: %v", faults.Fatal(), want)
			}
			if strings.Contains(fmt.Sprint(faults), "canary") {
				t.Error("a password stands in a fault")
			}
		})
	}
}

// TestAloneNeedsTheSentinelPoll: a node by itself cannot know that a phone is clean.
func TestAloneNeedsTheSentinelPoll(t *testing.T) {
	text := strings.Replace(sound, "{api_key", "{sentinel: auto, api_key", 1) + sharing("on_failure: insecure_alone")
	if s, faults := load(text); s != nil || !has(faults, fault.Fault{Key: "state.redis.on_failure", Line: 6, Message: "ivalt.sentinel: always"}) {
		t.Error(faults)
	}
}

func TestWarningsOfTheSharedMemory(t *testing.T) {
	const key = "state.redis."
	for _, c := range []struct{ title, text, key, words string }{
		{"insecure_alone", sharing("on_failure: insecure_alone"), key + "on_failure", "INSECURE: "},
		{"well-known key", strings.Replace(sharing(""), "env:KEY", "changeme-changeme-changeme-changeme", 1), key + "cluster_key", "well-known"},
		{"weak password", sharing("username: a, password: abcdefghijklmnopq"), key + "password", "the password is weak"},
		{"key that stands in the file", strings.Replace(sharing(""), "env:KEY", apiKey, 1), key + "cluster_key", "stands in the file"},
		{"everybody's user", sharing(""), key + "addresses", "make an ACL user"},
		{"nothing shared", "state: {redis: {cluster_key: \"env:KEY\"}}\n", key + "cluster_key", "has no effect"},
		{"TLS that is off", sharing("tls: off, ca_file: a"), key + "ca_file", "has no effect"},
	} {
		t.Run(c.title, func(t *testing.T) {
			s, faults := load(sound + c.text)
			if s == nil || !has(faults, fault.Fault{Key: c.key, Line: 6, Warning: true, Message: c.words}) {
				t.Error(faults)
			}
		})
	}
	quiet := sharing("username: a, password: \"env:KEY\", tls: off")
	if _, faults := load(sound + quiet); len(faults) != 0 {
		t.Errorf("a sound memory: %v", faults)
	}
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, "127.9.9.9:1": true, "[::ffff:127.0.0.1]:1": true,
		"192.0.2.1:1": false, "localhost.example.com:1": false, "redis:1": false, "127.0.0.1": false, "0.0.0.0:1": false,
	} {
		if (Redis{Addresses: []string{address}}).Loopback() != want {
			t.Errorf("%s: not %v", address, want)
		}
	}
}

// TestSharedSecretsAreOptionalForCommands: `nodes` over the control socket needs none of them.
func TestSharedSecretsAreOptionalForCommands(t *testing.T) {
	text := `state: {redis: {addresses: ["127.0.0.1:1"], username: a, password: "file:none", cluster_key: "file:none"}}` + "\n"
	if s, faults := LoadWithoutSecrets("c.yaml", world(map[string]string{"c.yaml": sound + text})); s == nil || len(s.State.Redis.Addresses) != 1 {
		t.Error(faults)
	}
}

// TestClusterDigest is the same at nodes that judge alike, whatever is each one's own, and another one where they do not.
func TestClusterDigest(t *testing.T) {
	digest := func(text string, environ ...string) string {
		return mustLoad(t, sound+text, environ...).ClusterDigest()
	}
	one := digest(sharing(""))
	for _, same := range []string{
		sharing("timeout: 2s, username: a, password: \"env:SHARED\", tls: off"),
		strings.Replace(sharing(""), "{redis", "{node: other, directory: /elsewhere, redis", 1),
		sharing("") + "listen: {authentication: [\"127.0.0.1:1\"]}\naudit: {file: /x, archive: /y}\nsecrets: {key_file: /z}\n",
		strings.Replace(sharing(""), "127.0.0.1", "localhost", 1),
	} {
		if digest(same) != one {
			t.Errorf("differs with %s", same)
		}
	}
	for _, other := range []string{
		sharing("on_failure: insecure_alone"), sharing("nodes: 3"), sharing("min_replicas: 1"), sharing("") + "policy: {default: deny}\n", sharing("") + "reject_delay: 0s\n",
	} {
		if digest(other) == one {
			t.Errorf("does not differ with %s", other)
		}
	}
	if digest(strings.Replace(sharing(""), "env:KEY", "env:OTHER", 1), "OTHER=another cluster key of 32 characters") == one {
		t.Error("another cluster key has the same digest")
	}
	swapped := strings.Replace(sound, "env:SHARED", "env:KEY", 1) + sharing("")
	if mustLoad(t, swapped).ClusterDigest() == one {
		t.Error("another shared secret has the same digest")
	}
	if one == mustLoad(t, sound+sharing("")).Digest() {
		t.Error("the digest of the cluster is that of the node")
	}
}

// TestTemplateShowsASharedMemory that loads where it is moved below state.
func TestTemplateShowsASharedMemory(t *testing.T) {
	_, block, found := strings.Cut(string(Template(Sample{})), "Under state:\n")
	block, _, _ = strings.Cut(block, "\n\n")
	files := map[string]string{
		"c.yaml":                          sound + "state:\n" + strings.ReplaceAll("\n"+block, "\n#", "\n") + "\n",
		"etc/ivalt-radius/redis-password": apiKey, "etc/ivalt-radius/cluster-key": apiKey[1:],
	}
	opt := world(files)
	inner := opt.Open
	opt.Open = func(name string) (fs.File, error) { return inner(strings.TrimPrefix(name, "/")) }
	s, faults := Load("c.yaml", opt)
	if !found || s == nil || len(faults) > 0 || s.State.Node != "radius-1" || s.State.Redis.ClusterKey.Reveal() != apiKey[1:] {
		t.Errorf("%v\n%s", faults, block)
	}
}
