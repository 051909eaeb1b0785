package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"layeh.com/radius/dictionary"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1) //nolint:forbidigo // this is a main
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("one argument: the file to write")
	}
	source, err := generate(ctx)
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], source, 0o644) //nolint:gosec // source code is for everyone to read
}

// generate returns the generated file's text.
func generate(ctx context.Context) ([]byte, error) {
	dir, err := moduleDir(ctx)
	if err != nil {
		return nil, err
	}
	dicts, err := parseAll(dir)
	if err != nil {
		return nil, err
	}
	rows, err := collect(dicts)
	if err != nil {
		return nil, err
	}
	return render(rows), nil
}

// moduleDir is where the go command keeps the dictionaries' module.
func moduleDir(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "layeh.com/radius").Output()
	if err != nil {
		return "", fmt.Errorf("finding the module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func parseAll(dir string) ([]*dictionary.Dictionary, error) {
	files, err := dictionaries(dir)
	if err != nil {
		return nil, err
	}
	parser := dictionary.Parser{Opener: &dictionary.FileSystemOpener{Root: dir}, IgnoreIdenticalAttributes: true}
	var dicts []*dictionary.Dictionary
	for _, file := range files {
		dict, err := parser.ParseFile(file)
		if err != nil {
			return nil, fmt.Errorf("parsing %s: %w", filepath.Base(file), err)
		}
		dicts = append(dicts, dict)
	}
	return dicts, nil
}

func dictionaries(dir string) ([]string, error) {
	var files []string
	for _, pattern := range []string{"rfc*/dictionary.rfc*", "vendors/*/dictionary.*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", pattern, err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no dictionary under %s", dir)
	}
	slices.Sort(files)
	return files, nil
}

// row is one line of the table.
type row struct {
	vendor, typ int
	name, kind  string
	values      []string
}

// collect makes rows of everything the table can hold: attributes of one level, in vendors of the usual one-octet format.
// Values may stand in another file than their attribute.
func collect(dicts []*dictionary.Dictionary) ([]row, error) {
	var rows []row
	var values []*dictionary.Value
	for _, dict := range dicts {
		rows = appendRows(rows, 0, dict.Attributes)
		values = append(values, dict.Values...)
		for _, vendor := range dict.Vendors {
			if vendor.GetTypeOctets() != 1 || vendor.GetLengthOctets() != 1 {
				return nil, fmt.Errorf("vendor %s has a format that the table cannot hold", vendor.Name)
			}
			rows = appendRows(rows, vendor.Number, vendor.Attributes)
			values = append(values, vendor.Values...)
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(a.vendor-b.vendor, a.typ-b.typ, strings.Compare(a.name, b.name))
	})
	for i := range rows {
		if i > 0 && rows[i].name == rows[i-1].name {
			return nil, fmt.Errorf("attribute %s stands in two dictionaries", rows[i].name)
		}
		rows[i].values = named(values, rows[i].name)
	}
	return rows, nil
}

func appendRows(rows []row, vendor int, attrs []*dictionary.Attribute) []row {
	for _, attr := range attrs {
		if len(attr.OID) != 1 || attr.Type == dictionary.AttributeVSA || attr.Type == dictionary.AttributeTLV {
			continue
		}
		rows = append(rows, row{vendor: vendor, typ: attr.OID[0], name: attr.Name, kind: kindOf(attr)})
	}
	return rows
}

// salted is the dictionaries' number of the encryption with a salt (RFC 2868 section 3.5, RFC 2548 section 2.4.2).
const salted = 2

// kindOf is the type with its flags: the size of octets of one size, "tag", and "salted" or "encrypted", which is otherwise.
func kindOf(attr *dictionary.Attribute) string {
	kind := attr.Type.String()
	if attr.Size.Valid {
		kind += fmt.Sprintf(",%d", attr.Size.Int)
	}
	if attr.HasTag() {
		kind += ",tag"
	}
	if attr.FlagEncrypt.Valid && attr.FlagEncrypt.Int == salted {
		return kind + ",salted"
	}
	if attr.FlagEncrypt.Valid {
		kind += ",encrypted"
	}
	return kind
}

// named lists an attribute's named values, by number; of two for the same number the first in alphabetical order comes
// first.
func named(values []*dictionary.Value, attribute string) []string {
	matched := slices.Clone(dictionary.ValuesByAttribute(values, attribute))
	slices.SortFunc(matched, func(a, b *dictionary.Value) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), strings.Compare(a.Name, b.Name))
	})
	var out []string
	for _, value := range matched {
		out = append(out, fmt.Sprintf("%s=%d", value.Name, value.Number))
	}
	return slices.Compact(out)
}

func render(rows []row) []byte {
	var b bytes.Buffer
	b.WriteString("// Code generated by radius/attribute/gen from the dictionaries of layeh.com/radius; DO NOT EDIT.\n\n")
	b.WriteString("package attribute\n\n")
	b.WriteString("// generated is the table of the RFCs' attributes and of the vendors in the RADIUS library.\n")
	b.WriteString("const generated = `")
	for _, r := range rows {
		fields := append([]string{r.name, fmt.Sprint(r.vendor), fmt.Sprint(r.typ), r.kind}, r.values...)
		b.WriteString(strings.Join(fields, " "))
		b.WriteByte('\n')
	}
	b.WriteString("`\n")
	return b.Bytes()
}
