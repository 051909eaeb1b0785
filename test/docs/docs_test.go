package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"ivalt-radius/directory/password"
	"ivalt-radius/secret"
	"ivalt-radius/secret/secrettest"
	"ivalt-radius/test/blackbox"
)

func TestMain(m *testing.M) { os.Exit(blackbox.Main(m)) }

const root = "../.."

// base is the least that is sound; fragments are laid over it.
const base = `
clients: [{name: openvpn-as, networks: ["192.0.2.10/32"], secrets: ["file:/etc/ivalt-radius/openvpn-as.secret"]}]
ivalt: {api_key: "file:/etc/ivalt-radius/ivalt-api-key"}
`

func TestYAMLBlocks(t *testing.T) {
	t.Parallel()
	seen := 0
	for name, text := range documents(t) {
		for _, b := range blocks(name, text) {
			words := strings.Fields(b.info)
			if len(words) == 0 || words[0] != "yaml" {
				continue
			}
			seen++
			t.Run(b.place, func(t *testing.T) {
				t.Parallel()
				text := b.text
				switch {
				case len(words) == 1:
				case words[1] == "fragment":
					text = overlay(t, text)
				case words[1] == "users":
					people := filepath.Join(t.TempDir(), "users.yaml")
					write(t, people, text)
					text = overlay(t, "users: {file: "+people+"}")
				default:
					t.Fatalf("no meaning for %q: yaml, yaml fragment, or yaml users", b.info)
				}
				if output, code := check(t, text); code != 0 {
					t.Errorf("check ends with %d:\n%s\nof\n%s", code, output, text)
				}
			})
		}
	}
	if seen == 0 {
		t.Error("no YAML block in any document")
	}
}

// TestYAMLBlocksSeeFaults: a faulty block would be found.
func TestYAMLBlocksSeeFaults(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unknown key":    overlay(t, "surprise: 1"),
		"unknown value":  overlay(t, "policy: {default: maybe}"),
		"unknown reply":  overlay(t, "policy: {rules: [{name: a, reply: {No-Such-Attribute: 1}}]}"),
		"not whole":      "clients: []",
		"no YAML at all": "\t{",
	} {
		if output, code := check(t, text); code != 1 {
			t.Errorf("%s: check ends with %d:\n%s", name, code, output)
		}
	}
	if output, code := check(t, base); code != 0 {
		t.Errorf("the base itself: check ends with %d:\n%s", code, output)
	}
}

var (
	etcSecret = regexp.MustCompile(`file:/etc/ivalt-radius/([\w.-]+)`)
	etcFile   = regexp.MustCompile(`/etc/ivalt-radius/([\w.-]+)`)
	envSecret = regexp.MustCompile(`env:([A-Z_][A-Z0-9_]*)`)
)

// A secret that is nobody's, and neither short nor well-known.
const madeUp = "tJ4wq9Lx2Rz7Kc5Vn8Bm3Hd6Fs1Gp0Ya"

// check runs `check` on a configuration whose files stand in a temporary folder.
func check(t *testing.T, text string) (output string, code int) {
	t.Helper()
	dir := t.TempDir()
	made, key := certificate(t)
	own := made + key // what is there beside is passed over
	for _, file := range etcFile.FindAllStringSubmatch(text, -1) {
		content := "{}\n"
		if file[1] == "users.yaml" {
			content = "carol: {groups: [staff, vpn-contractors]}\n" // so that rules of the documents may name the groups
		}
		switch filepath.Ext(file[1]) {
		case ".pem":
			content, _ = certificate(t)
		case ".crt", ".key":
			content = own
		}
		write(t, filepath.Join(dir, file[1]), content)
	}
	for _, file := range etcSecret.FindAllStringSubmatch(text, -1) {
		content := madeUp
		if strings.HasSuffix(file[1], ".url") {
			content = "https://hooks.example.com/" + madeUp // a receiver's address, which is a secret too
		}
		if strings.HasSuffix(file[1], ".hash") {
			content = password.Make(secret.New(madeUp)).Text().Reveal()
		}
		write(t, filepath.Join(dir, file[1]), content+"\n")
	}
	for _, name := range envSecret.FindAllStringSubmatch(text, -1) {
		secret := filepath.Join(dir, "env-"+name[1])
		write(t, secret, madeUp+"\n")
		text = strings.ReplaceAll(text, name[0], "file:"+secret)
	}
	text = strings.ReplaceAll(text, "/etc/ivalt-radius", dir)
	config := filepath.Join(dir, "the-config.yaml")
	write(t, config, text)
	return blackbox.Run(t, "check", "--config", config)
}

// certificate is a throwaway one in PEM, as an authority's file holds, and its key.
func certificate(t *testing.T) (made, its string) {
	t.Helper()
	c := secrettest.New(t, secrettest.Authority(), nil)
	return string(c.PEM()), string(c.KeyPEM(t))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// overlay lays a YAML map over the base, map by map; lists and values are replaced. It works on nodes, so that every text stays
// as it was written.
func overlay(t *testing.T, over string) string {
	t.Helper()
	var a, b yaml.Node
	for text, node := range map[string]*yaml.Node{base: &a, over: &b} {
		if err := yaml.Unmarshal([]byte(text), node); err != nil {
			t.Fatal(err)
		}
	}
	lay(a.Content[0], b.Content[0])
	text, err := yaml.Marshal(&a)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func lay(under, over *yaml.Node) {
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, value := over.Content[i], over.Content[i+1]
		at := -1
		for j := 0; j+1 < len(under.Content); j += 2 {
			if under.Content[j].Value == key.Value {
				at = j + 1
			}
		}
		switch {
		case at < 0:
			under.Content = append(under.Content, key, value)
		case under.Content[at].Kind == yaml.MappingNode && value.Kind == yaml.MappingNode:
			lay(under.Content[at], value)
		default:
			under.Content[at] = value
		}
	}
}

// named finds commands in running text (`ivalt-radius serve`) and in blocks; a word in capitals is a placeholder.
var (
	named = regexp.MustCompile("(?:^|[\\s`/$(])ivalt-radius ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)([^`\n|]*)")
	flag  = regexp.MustCompile(`(?:^|\s)(--[a-z][a-z-]*)`)
)

func TestCommandsAreThere(t *testing.T) {
	t.Parallel()
	commands := map[string]string{} // command line's words -> where it stands
	flags := map[string][]string{}
	for name, text := range documents(t) {
		spans := regexp.MustCompile("`[^`\n]+`").FindAllString(text, -1)
		for _, b := range blocks(name, text) {
			if !strings.HasPrefix(b.info, "yaml") {
				spans = append(spans, strings.Split(strings.ReplaceAll(b.text, "\\\n", " "), "\n")...)
			}
		}
		for _, span := range spans {
			m := named.FindStringSubmatch(span)
			if m == nil {
				continue
			}
			commands[m[1]] = name
			for _, f := range flag.FindAllStringSubmatch(m[2], -1) {
				flags[m[1]] = append(flags[m[1]], f[1])
			}
		}
	}
	if len(commands) < 5 {
		t.Errorf("only %d commands found in the documents", len(commands))
	}
	for command, place := range commands {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			help, code := blackbox.Run(t, append(strings.Fields(command), "--help")...)
			if code != 0 || !strings.Contains(help, "ivalt-radius "+command) {
				t.Errorf("%s names `ivalt-radius %s`, which is not there:\n%s", place, command, help)
			}
			for _, f := range flags[command] {
				if !strings.Contains(help, f) {
					t.Errorf("%s names `ivalt-radius %s %s`: no such flag", place, command, f)
				}
			}
		})
	}
}

// TestStepsWorkAsWritten runs the commands of the README that need no server on what init writes, as a reader would.
func TestStepsWorkAsWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "set")
	if out, code := blackbox.Run(t, "init", "--dir", dir); code != 0 {
		t.Fatal(out)
	}
	write(t, filepath.Join(dir, "ivalt-api-key"), madeUp+"\n")
	ran := 0
	for _, span := range regexp.MustCompile("`ivalt-radius [^`]*`").FindAllString(documents(t)["README.md"], -1) {
		words := strings.Fields(strings.ReplaceAll(strings.Trim(span, "`"), "/etc/ivalt-radius", dir))[1:]
		if words[0] == "login" {
			secret, found := strings.CutPrefix(words[4], "file:")
			if _, err := os.Stat(secret); !found || err != nil {
				t.Errorf("%s: %v", span, err)
			}
		}
		if words[0] != "check" && words[0] != "explain" {
			continue
		}
		ran++
		if out, code := blackbox.Run(t, words...); code != 0 {
			t.Errorf("%s ends with %d:\n%s", span, code, out)
		}
	}
	if ran < 2 {
		t.Errorf("only %d commands were run", ran)
	}
}
