package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// vendored is what the page serves to browsers, with its licences; it is in the binary, and in no module.
const vendored = "admin/page/assets/VENDORED.md"

func main() {
	out := flag.String("out", "", "the folder to write the texts into; what was there goes")
	page := flag.Bool("page", false, "print docs/licences.md")
	flag.Parse()
	var to io.Writer
	if *page {
		to = os.Stdout
	}
	if err := run(context.Background(), ".", *out, to); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1) //nolint:forbidigo // a tool of the build ends its own process
	}
}

// run writes what was asked for: the texts into a folder, the page to a writer; none where out is empty, or page nil.
func run(ctx context.Context, root, out string, page io.Writer) error {
	if out == "" && page == nil {
		return errors.New("say what to write: -out FOLDER, or -page")
	}
	all, err := linked(ctx, root)
	if err != nil {
		return err
	}
	if out != "" {
		if err := write(root, out, all); err != nil {
			return err
		}
	}
	if page == nil {
		return nil
	}
	_, err = io.WriteString(page, document(all))
	return err
}

// write fills a folder anew. It takes away a folder only where an earlier run made it, which its page shows.
func write(root, out string, all []module) error {
	index := filepath.Join(out, "LICENCES.md")
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		if _, err := os.Stat(index); err != nil {
			return fmt.Errorf("%s holds something else: name another folder", out)
		}
		if err := os.RemoveAll(out); err != nil {
			return err
		}
	}
	page, err := os.ReadFile(filepath.Join(root, vendored)) //nolint:gosec // a file of this repository
	if err != nil {
		return err
	}
	files := map[string]string{index: document(all), filepath.Join(out, "page", filepath.Base(vendored)): string(page)}
	for _, m := range all {
		for _, t := range m.texts {
			files[filepath.Join(out, filepath.FromSlash(m.path), filepath.FromSlash(t.name))] = t.content
		}
	}
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // everybody reads documents
			return err
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil { //nolint:gosec // everybody reads documents
			return err
		}
	}
	return nil
}

// document is docs/licences.md.
func document(all []module) string {
	var b strings.Builder
	b.WriteString("<!-- Generated from the modules by `make docs`; do not edit. -->\n\n# Licences\n\n")
	b.WriteString("What is linked into the binary on linux/amd64 and linux/arm64, with the licences that its texts grant. The texts themselves go with every package\n")
	b.WriteString("(`/usr/share/doc/ivalt-radius/licences`), and `go run ./packaging/licences -out dist/licences` gathers them. Which licences are allowed, and what each\n")
	b.WriteString("module is for, is in [dependencies.md](dependencies.md); ivalt-radius itself is under Apache-2.0.\n\n")
	b.WriteString("| module | version | licence | texts |\n|---|---|---|---|\n")
	for _, m := range all {
		var names []string
		for _, t := range m.texts {
			names = append(names, "`"+t.name+"`")
		}
		path, version := m.path, m.version
		if m.path == standard {
			path, version = "Go's standard library and runtime", "that of the build"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", path, version, strings.Join(m.licences, ", "), strings.Join(names, ", "))
	}
	b.WriteString("\nThe zones of `time/tzdata` are IANA's, in the public domain. The browser libraries of the operator's window, under 0BSD and MIT, are in\n")
	b.WriteString("[VENDORED.md](../admin/page/assets/VENDORED.md) with their texts. The MPL-2.0 modules are used unchanged; their sources are at the addresses that are their names.\n")
	return b.String()
}
