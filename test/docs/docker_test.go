package docs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v3"

	"ivalt-radius/config"
	"ivalt-radius/state/redis"
	"ivalt-radius/test/blackbox"
)

// composed is what docker/compose.yaml says of its services, as far as they hang together.
type composed struct {
	Services map[string]struct {
		Image       string
		User        string
		Command     []string
		NetworkMode string `yaml:"network_mode"`
		Environment map[string]string
		Ports       []string
		Volumes     []string
		DependsOn   []string `yaml:"depends_on"`
		ReadOnly    bool     `yaml:"read_only"`
		Build       struct{ Context, Dockerfile string }
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func compose(t *testing.T) composed {
	t.Helper()
	var c composed
	if err := yaml.Unmarshal([]byte(read(t, "docker", "compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Services) != 4 {
		t.Fatalf("%d services", len(c.Services))
	}
	return c
}

// TestDocker: what the services mount is there, or made by setup.sh; what they name is a service; nothing runs as root.
func TestDocker(t *testing.T) {
	t.Parallel()
	c := compose(t)
	for name, s := range c.Services {
		if !strings.HasPrefix(s.User, "${RUN_AS:") || !s.ReadOnly || s.Image == "" || strings.HasSuffix(s.Image, ":latest") {
			t.Errorf("%s may run as root, write to its image, or is of any version", name)
		}
		for _, other := range append(s.DependsOn, strings.TrimPrefix(s.NetworkMode, "service:")) {
			if _, ok := c.Services[other]; other != "" && !ok {
				t.Errorf("%s names %s, which is no service", name, other)
			}
		}
		for _, volume := range s.Volumes {
			mounts(t, name, volume)
		}
		if b := s.Build; b.Dockerfile != "" {
			read(t, "docker", b.Context, b.Dockerfile)
		}
	}
}

// mounts holds a service's volume to what is there, or made and left out of git.
func mounts(t *testing.T, name, volume string) {
	t.Helper()
	setup := read(t, "docker", "setup.sh")
	from, _, _ := strings.Cut(strings.TrimPrefix(volume, "./"), ":")
	_, err := os.Stat(filepath.Join(root, "docker", from))
	folder, file, _ := strings.Cut(from, "/")
	data := folder == "data" && regexp.MustCompile(`mkdir [^\n]*\b`+from+`\b`).MatchString(setup)
	switch made := data || folder == "secrets" && makes(setup, file); {
	case !made && err != nil:
		t.Errorf("%s mounts %s, which nobody makes", name, from)
	case made && !strings.Contains(read(t, ".gitignore"), "/docker/"+folder+"/\n"):
		t.Errorf("git does not leave out docker/%s", from)
	}
	if !data && !strings.HasSuffix(volume, ":ro") {
		t.Errorf("%s may write to %s", name, from)
	}
}

// makes reports that setup.sh writes a file of secrets/.
func makes(setup, name string) bool {
	loop := regexp.MustCompile(`(?m)^for name in (.*); do$`).FindStringSubmatch(setup)
	return loop != nil && slices.Contains(strings.Fields(loop[1]), name) || regexp.MustCompile(`(>|-keyout |-out )secrets/`+regexp.QuoteMeta(name)+`\b`).MatchString(setup)
}

// TestDockersNodes: both nodes load their settings from what is mounted, and differ in what is each one's own alone.
func TestDockersNodes(t *testing.T) {
	t.Parallel()
	text := read(t, "docker", "node.yaml")
	if out, code := check(t, text); code != 0 {
		t.Errorf("check ends with %d:\n%s", code, out)
	}
	c := compose(t)
	digests, sockets := map[string]bool{}, map[string]bool{}
	for _, name := range []string{"radius-1", "radius-2"} {
		node := c.Services[name]
		mounted := fstest.MapFS{}
		for i, volume := range node.Volumes {
			parts := strings.Split(strings.TrimPrefix(volume, "./"), ":")
			content := madeUp + string(rune('a'+i)) + "\n"
			if parts[0] == "node.yaml" {
				content = text
			}
			mounted[strings.TrimPrefix(parts[1], "/")] = &fstest.MapFile{Data: []byte(content), Mode: 0o600}
		}
		opt := config.Options{Open: func(name string) (fs.File, error) {
			if !filepath.IsAbs(name) {
				return nil, errors.New("relative to nothing that a container has")
			}
			return mounted.Open(strings.TrimPrefix(name, "/"))
		}}
		for key, value := range node.Environment {
			opt.Environ = append(opt.Environ, key+"="+value)
		}
		s, faults := config.Load("/etc/ivalt-radius/node.yaml", opt)
		if s == nil {
			t.Fatalf("%s: %v", name, faults)
		}
		if _, ok := mounted[strings.TrimPrefix(s.State.Redis.CAFile, "/")]; !ok || s.State.Node != name || s.State.Redis.Addresses[0] != "redis:6379" || s.State.Redis.TLS != "required" {
			t.Errorf("%s: %+v", name, s.State)
		}
		if node.NetworkMode != "service:simulator" || !strings.HasPrefix(s.IVALT.URL, "http://127.0.0.1:") || !slices.Contains(c.Services["simulator"].Command, strings.TrimPrefix(s.IVALT.URL, "http://")) {
			t.Errorf("%s does not find the simulator on its own loopback", name)
		}
		for _, at := range append(s.Listen.Authentication, s.Listen.Accounting...) {
			port := strings.TrimPrefix(at.String(), "0.0.0.0:")
			if sockets[port] || !slices.Contains(c.Services["simulator"].Ports, port+":"+port+"/udp") {
				t.Errorf("%s: port %s is another's, or not published", name, port)
			}
			sockets[port] = true
		}
		digests[s.ClusterDigest()] = true
	}
	if len(digests) != 1 {
		t.Error("the nodes count as ones with different settings")
	}
}

// TestACLIsTheDocumentedOne: docker's user can do what docs/cluster.md says, which is what the nodes do, and nothing else.
func TestACLIsTheDocumentedOne(t *testing.T) {
	t.Parallel()
	acl := strings.Split(strings.TrimSpace(read(t, "docker", "users.acl")), "\n")
	want := "user radius-nodes on #@SHA256@ " + redis.Rules("ivalt-radius", redis.Commands()...)
	const first = "user default off resetpass ~* &* +@all" // Redis 7.0 loads its append-only file as default: with nothing allowed it comes back empty
	if len(acl) != 2 || acl[0] != first || acl[1] != want {
		t.Errorf("docker/users.acl does not have the line\n%s", want)
	}
	page := read(t, "docs", "cluster.md")
	for _, text := range []string{
		"```\n" + first + "\n" + want + "\n```\n",
		"A Cluster's user needs `+" + strings.Join(redis.ClusterCommands(), " +") + "` as well",
		"that of the Sentinels `+" + strings.Join(redis.SentinelCommands(), " +") + "`",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("docs/cluster.md does not say\n%s", text)
		}
	}
	for _, much := range []string{"+@", " allcommands", " ~*", " &*", "nopass", "+flush", "+config", "+keys", "+script", "+acl"} {
		if strings.Contains(acl[1], much) {
			t.Errorf("the ACL has %q", much)
		}
	}
	if !strings.Contains(acl[1], "#@SHA256@ ") || !strings.Contains(read(t, "docker", "setup.sh"), "s/@SHA256@/") {
		t.Error("setup.sh does not write the password's digest")
	}
}

// TestDockersCommands: what docker/README.md runs in a container is a command.
func TestDockersCommands(t *testing.T) {
	t.Parallel()
	page := read(t, "docker", "README.md")
	found := regexp.MustCompile(`/ivalt-radius ([a-z]+) (.*)`).FindAllStringSubmatch(page, -1)
	if len(found) < 3 || strings.Count(page, "\n") > 45 {
		t.Errorf("%d commands, %d lines", len(found), strings.Count(page, "\n"))
	}
	for _, m := range found {
		help, code := blackbox.Run(t, m[1], "--help")
		for _, f := range flag.FindAllStringSubmatch(m[2], -1) {
			if code != 0 || !strings.Contains(help, f[1]) {
				t.Errorf("%s %s: no such flag", m[1], f[1])
			}
		}
	}
	for _, target := range brokenLinks("docker/README.md", page) {
		t.Errorf("docker/README.md links to %s", target)
	}
}
