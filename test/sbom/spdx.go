package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

// product is what is described.
type product struct {
	Version, File, Digest string // Digest is the binary's SHA-256, in hex
	Made                  time.Time
}

// document is one of SPDX 2.3 (clauses 6 to 11 of its specification), as far as it is used.
type document struct {
	SPDXVersion   string         `json:"spdxVersion"`
	DataLicense   string         `json:"dataLicense"`
	SPDXID        string         `json:"SPDXID"`
	Name          string         `json:"name"`
	Namespace     string         `json:"documentNamespace"`
	Creation      creation       `json:"creationInfo"`
	Packages      []part         `json:"packages"`
	Relationships []relationship `json:"relationships"`
}

type creation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type part struct {
	Name             string     `json:"name"`
	SPDXID           string     `json:"SPDXID"`
	Version          string     `json:"versionInfo"`
	FileName         string     `json:"packageFileName,omitempty"`
	Location         string     `json:"downloadLocation"`
	FilesAnalyzed    bool       `json:"filesAnalyzed"`
	Checksums        []checksum `json:"checksums,omitempty"`
	LicenseConcluded string     `json:"licenseConcluded"`
	LicenseDeclared  string     `json:"licenseDeclared"`
	Copyright        string     `json:"copyrightText"`
	Comment          string     `json:"comment,omitempty"`
	Refs             []external `json:"externalRefs"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type external struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type relationship struct {
	From string `json:"spdxElementId"`
	Kind string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
}

const (
	unknown   = "NOASSERTION"
	documents = "SPDXRef-DOCUMENT"
	whole     = "SPDXRef-ivalt-radius"
)

// describe makes the document. A module without a known licence or checksum is an error.
func describe(info *debug.BuildInfo, terms map[string]string, about product) (*document, error) {
	own := part{
		Name: "ivalt-radius", SPDXID: whole, Version: about.Version, FileName: about.File, Location: unknown, LicenseConcluded: "Apache-2.0",
		LicenseDeclared: "Apache-2.0", Copyright: unknown, Checksums: []checksum{{"SHA256", about.Digest}},
		Refs: []external{purl("generic/ivalt-radius", about.Version)},
	}
	doc := &document{
		SPDXVersion: "SPDX-2.3", DataLicense: "CC0-1.0", SPDXID: documents, Name: about.File,
		Namespace: "https://spdx.org/spdxdocs/ivalt-radius-" + about.Digest,
		Creation:  creation{Created: about.Made.Format(time.RFC3339), Creators: []string{"Tool: ivalt-radius-sbom"}},
		Packages: []part{own, {
			Name: "stdlib", SPDXID: "SPDXRef-stdlib", Version: strings.TrimPrefix(info.GoVersion, "go"), Location: "https://go.dev/dl/", LicenseConcluded: "BSD-3-Clause",
			LicenseDeclared: "BSD-3-Clause", Copyright: unknown, Refs: []external{purl("golang/stdlib", strings.TrimPrefix(info.GoVersion, "go"))},
		}},
		Relationships: []relationship{{documents, "DESCRIBES", whole}, {whole, "DEPENDS_ON", "SPDXRef-stdlib"}},
	}
	for _, m := range info.Deps {
		p, err := module(m, terms)
		if err != nil {
			return nil, err
		}
		doc.Packages = append(doc.Packages, p)
		doc.Relationships = append(doc.Relationships, relationship{whole, "DEPENDS_ON", p.SPDXID})
	}
	return doc, nil
}

func purl(kind, version string) external {
	return external{"PACKAGE-MANAGER", "purl", "pkg:" + kind + "@" + strings.ReplaceAll(version, "+", "%2B")}
}

var noID = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

func module(m *debug.Module, terms map[string]string) (part, error) {
	term, known := terms[m.Path]
	if !known {
		return part{}, fmt.Errorf("%s is in the binary, and its licence is not in docs/dependencies.md", m.Path)
	}
	if m.Replace != nil {
		m = m.Replace
	}
	text, prefixed := strings.CutPrefix(m.Sum, "h1:")
	sum, err := base64.StdEncoding.DecodeString(text)
	if !prefixed || err != nil || len(sum) != sha256.Size {
		return part{}, fmt.Errorf("%s has no checksum in the binary: build it from modules with a go.sum", m.Path)
	}
	return part{
		Name: m.Path, SPDXID: "SPDXRef-" + noID.ReplaceAllString(m.Path, "-"), Version: m.Version, Location: "https://" + m.Path,
		LicenseConcluded: term, LicenseDeclared: term, Copyright: unknown, Checksums: []checksum{{"SHA256", hex.EncodeToString(sum)}},
		Comment: "The checksum is that of go.sum (h1): SHA-256 over the sorted SHA-256 sums of the module's files.",
		Refs:    []external{purl("golang/"+m.Path, m.Version)},
	}, nil
}

// digest is a file's SHA-256 in hex.
func digest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("reading the binary: %w", err)
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("reading the binary: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
