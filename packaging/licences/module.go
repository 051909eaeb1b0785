package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// platform is one that a package is built for.
type platform struct{ system, processor string }

func platforms() []platform { return []platform{{"linux", "amd64"}, {"linux", "arm64"}} }

// module is one that is linked, with the texts that have to go along.
type module struct {
	path, version string
	licences      []string // SPDX identifiers, sorted
	texts         []text   // by name
}

// text is one file of a module, under its path below the module's root.
type text struct{ name, content string }

// standard is the name under which Go's own library goes: it is linked as well.
const standard = "go"

// linked lists the modules of which packages are in the binary on any platform, by path, with Go's own library first. root is the
// repository's folder.
func linked(ctx context.Context, root string) ([]module, error) {
	folders := map[string]map[string]bool{} // path, version and folder of a module -> folders of its packages
	for _, p := range platforms() {
		if err := list(ctx, root, p, folders); err != nil {
			return nil, err
		}
	}
	goRoot, err := gotool(ctx, root, nil, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	goRoot = strings.TrimSpace(goRoot)
	library, err := read(module{path: standard, version: strings.TrimPrefix(runtime.Version(), "go")}, goRoot, map[string]bool{goRoot: true})
	if err != nil {
		return nil, err
	}
	all := []module{library}
	for key, packages := range folders {
		words := strings.Split(key, "\t")
		m, err := read(module{path: words[0], version: words[1]}, words[2], packages)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	slices.SortFunc(all[1:], func(a, b module) int { return strings.Compare(a.path, b.path) })
	return all, nil
}

// list adds what one platform's binary is made of.
func list(ctx context.Context, root string, p platform, folders map[string]map[string]bool) error {
	const form = "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}"
	out, err := gotool(ctx, root, []string{"GOOS=" + p.system, "GOARCH=" + p.processor, "CGO_ENABLED=0"}, "list", "-deps", "-f", form, "./cmd/ivalt-radius")
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		at := strings.LastIndexByte(line, '\t')
		if at < 0 {
			continue
		}
		key := line[:at]
		if folders[key] == nil {
			folders[key] = map[string]bool{}
		}
		folders[key][strings.TrimSpace(line[at+1:])] = true
	}
	if len(folders) == 0 {
		return fmt.Errorf("go list names no module for %s/%s", p.system, p.processor)
	}
	return nil
}

// gotool runs the go command in the repository.
func gotool(ctx context.Context, root string, env []string, words ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", words...) //nolint:gosec // our own words
	command.Dir, command.Env, command.Stderr = root, append(os.Environ(), env...), os.Stderr
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", words[0], err)
	}
	return string(out), nil
}

// read takes the texts of a module: those in the folders of its packages, and in the folders above them up to its root. The licence of
// the module itself must lie at its root.
func read(m module, root string, packages map[string]bool) (module, error) {
	seen := map[string]bool{}
	for folder := range packages {
		for within(root, folder) && !seen[folder] {
			seen[folder] = true
			if err := m.take(root, folder); err != nil {
				return m, err
			}
			folder = filepath.Dir(folder)
		}
	}
	if !slices.ContainsFunc(m.texts, func(t text) bool { return licenceName.MatchString(t.name) }) {
		return m, fmt.Errorf("%s %s: no licence file at its root: ask its authors, or do without it", m.path, m.version)
	}
	slices.SortFunc(m.texts, func(a, b text) int { return strings.Compare(a.name, b.name) })
	slices.Sort(m.licences)
	m.licences = slices.Compact(m.licences)
	return m, nil
}

func within(root, folder string) bool {
	return folder == root || strings.HasPrefix(folder, root+string(filepath.Separator))
}

// take adds the licence files of one folder.
func (m *module) take(root, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("%s: %w", m.path, err)
	}
	for _, e := range entries {
		licence := licenceName.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go"
		if e.IsDir() || !licence && !noticeName.MatchString(e.Name()) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, e.Name())) //nolint:gosec // a file of the module cache
		name, inside := filepath.Rel(root, filepath.Join(folder, e.Name()))
		if err := errors.Join(err, inside); err != nil {
			return fmt.Errorf("%s: %w", m.path, err)
		}
		m.texts = append(m.texts, text{filepath.ToSlash(name), string(content)})
		if !licence {
			continue
		}
		names, err := identify(string(content))
		if err != nil {
			return fmt.Errorf("%s %s, %s: %w", m.path, m.version, name, err)
		}
		m.licences = append(m.licences, names...)
	}
	return nil
}
