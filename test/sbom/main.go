package main

import (
	"debug/buildinfo"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	var about product
	var epoch int64
	binary := flag.String("binary", "", "the binary that is described")
	page := flag.String("licences", "docs/dependencies.md", "the page with the modules' licences")
	flag.StringVar(&about.Version, "version", "", "the version of the package")
	flag.StringVar(&about.File, "name", "", "the file's name in the document")
	flag.Int64Var(&epoch, "epoch", 0, "when the document was made, in seconds of 1970: SOURCE_DATE_EPOCH")
	flag.Parse()
	about.Made = time.Unix(epoch, 0).UTC()
	if err := run(os.Stdout, *binary, *page, about); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, binary, page string, about product) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("reading the licences: %w", err)
	}
	if about.Digest, err = digest(binary); err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("reading the build information: %w", err)
	}
	doc, err := describe(info, licences(string(text)), about)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(doc)
}
