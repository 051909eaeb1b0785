package doctoring

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"runtime/debug"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/mask"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/doctor"
	"ivalt-radius/doctor/host"
)

const (
	bundled   = 500 // records
	keyOctets = 32
	ownFile   = 0o600
)

// pack writes the archive. It is gathered in memory first, so that nothing is recorded in vain, then recorded, then written: without the record
// there is no archive. Where there is no trail yet nothing of it is read.
func pack(ctx context.Context, path string, in inputs, facts doctor.Facts, report doctor.Report) error {
	key := make([]byte, keyOctets)
	_, _ = rand.Read(key) // never fails
	people, err := mask.New(key)
	if err != nil {
		return err
	}
	h := hiding{settings: in.Settings, faults: in.Faults, people: people}
	var records []*query.Record
	if facts.Trail.Known && !facts.Trail.Value.Empty {
		if err := trail.Record(ctx, in.Settings, audit.Access{Action: "bundle", Detail: "to the file " + filepath.Base(path)}); err != nil {
			return err
		}
		t := query.Trail{Live: in.Settings.Audit.File, Archive: in.Settings.Audit.Archive}
		if records, err = t.Last(ctx, bundled, query.Filter{}); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	contents, err := h.contents(facts, report, records)
	if err != nil {
		return err
	}
	return output.Write(path, nil, func(w io.Writer) error { return archive(w, contents, facts.At) })
}

// entry is one file of the archive.
type entry struct {
	name string
	text []byte
}

// contents are the archive's files, each of them scrubbed.
func (h hiding) contents(facts doctor.Facts, report doctor.Report, records []*query.Record) ([]entry, error) {
	var out []entry
	var errs []error
	add := func(name string, v any) {
		text, err := json.MarshalIndent(v, "", "  ")
		errs = append(errs, err)
		out = append(out, entry{name, append(text, '\n')})
	}
	add("doctor.json", h.report(report))
	if h.settings != nil {
		add("settings.json", h.redacted())
	}
	add("build.json", build(report.Version))
	add("files.json", h.files(facts.Files.Value, facts.Unseen))
	add("system.json", host.Kernel{}.About())
	add("sockets.json", h.sockets(facts.Sockets))
	var lines bytes.Buffer
	for _, r := range records {
		lines.Write(h.people.Record(r).Line)
		lines.WriteByte('\n')
	}
	return append(out, entry{"trail.jsonl", lines.Bytes()}), errors.Join(errs...)
}

// build is what the binary was made of.
func build(version string) map[string]any {
	out := map[string]any{"version": version}
	if info, ok := debug.ReadBuildInfo(); ok {
		modules := map[string]string{}
		for _, m := range info.Deps {
			modules[m.Path] = m.Version
		}
		out["go"], out["modules"] = info.GoVersion, modules
	}
	return out
}

func archive(w io.Writer, contents []entry, at time.Time) error {
	zip := gzip.NewWriter(w)
	tape := tar.NewWriter(zip)
	for _, e := range contents {
		header := &tar.Header{Name: "ivalt-radius-doctor/" + e.name, Mode: ownFile, Size: int64(len(e.text)), ModTime: at, Typeflag: tar.TypeReg}
		if err := tape.WriteHeader(header); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		if _, err := tape.Write(e.text); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return errors.Join(tape.Close(), zip.Close())
}
