package test

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ivalt-radius/audit/vocabulary"
)

// TestEveryWordOfTheTrailIsInTheVocabulary finds words that the code writes and the docs do not explain, and words that nobody
// writes.
func TestEveryWordOfTheTrailIsInTheVocabulary(t *testing.T) {
	written := map[string]string{}
	for _, s := range sources(t) {
		if !s.isTest() && s.room() != "test" && s.dir() != "audit/vocabulary" && s.dir() != "audit/audittest" {
			trailWords(s, written)
		}
	}
	known := map[string]bool{}
	for _, w := range vocabulary.Words() {
		known[w.Word] = true
		if written[w.Word] == "" {
			t.Errorf("no code writes %q", w.Word)
		}
	}
	for _, word := range slices.Sorted(maps.Keys(written)) {
		if !known[word] {
			t.Errorf("%s: %q is not in audit/vocabulary", written[word], word)
		}
	}
	if len(written) < 30 {
		t.Errorf("%d words found: the search is broken", len(written))
	}
}

// trailWords finds the words in one file: the members Event and Action of a literal, what is handed to a function named security,
// change or record, what a field `"event":` is written with, and constants whose names say that they are one.
func trailWords(s source, found map[string]string) {
	add := func(e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		if word, err := strconv.Unquote(lit.Value); err == nil && word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") == "" {
			found[word] = s.at(e.Pos())
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if name, ok := n.Key.(*ast.Ident); ok && (name.Name == "Event" || name.Name == "Action") {
				add(n.Value)
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if (strings.HasSuffix(name.Name, "Event") || strings.HasSuffix(name.Name, "Action") || strings.HasPrefix(name.Name, "Segment")) && i < len(n.Values) {
					add(n.Values[i])
				}
			}
		case *ast.CallExpr:
			callWords(n, add)
		}
		return true
	})
}

// callWords finds the words among a call's arguments.
func callWords(call *ast.CallExpr, add func(ast.Expr)) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	if name == "security" || name == "change" || name == "record" {
		for _, arg := range call.Args {
			add(arg)
		}
	}
	for i, arg := range call.Args {
		lit, ok := arg.(*ast.BasicLit)
		if ok && i+1 < len(call.Args) && (lit.Value == "`\"event\":`" || lit.Value == "`\"action\":`") {
			add(call.Args[i+1])
		}
	}
}
