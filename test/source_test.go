package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	root   = ".."
	module = "ivalt-radius"
)

// source is one Go file, as the rules see it.
type source struct {
	path string // relative to the repository, with slashes
	text string
	file *ast.File
	fset *token.FileSet
}

// room is the first folder of the path: the name that the rules' tables use.
func (s source) room() string {
	room, _, _ := strings.Cut(s.path, "/")
	return room
}

// dir is the package's folder.
func (s source) dir() string { return filepath.ToSlash(filepath.Dir(s.path)) }

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// generated is Go's own convention: https://go.dev/s/generatedcode.
var generatedLine = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func (s source) generated() bool { return generatedLine.MatchString(s.text) }

// at names a place for a finding.
func (s source) at(pos token.Pos) string {
	p := s.fset.Position(pos)
	p.Filename = s.path
	p.Column = 0
	return p.String()
}

func parse(t *testing.T, path, text string) source {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return source{path: path, text: text, file: file, fset: fset}
}

// sources parses every Go file of the repository.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, path := range files(t, ".go") {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parse(t, path, string(text)))
	}
	if len(all) < 10 {
		t.Fatalf("only %d Go files found: the walk does not see the repository", len(all))
	}
	return all
}

// files lists the repository's files with one of the endings, without what git ignores or Go does not build.
func files(t *testing.T, endings ...string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		if entry.IsDir() {
			return enter(rel)
		}
		if slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(rel, ending) }) {
			found = append(found, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// enter says which folders are not looked into.
func enter(dir string) error {
	if dir == ".git" || dir == "bin" || dir == "dist" || filepath.Base(dir) == "testdata" {
		return filepath.SkipDir
	}
	return nil
}
