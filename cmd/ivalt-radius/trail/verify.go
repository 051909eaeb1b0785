package trail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/verify"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
)

// verification is what `audit verify` is asked.
type verification struct {
	configPath, key, archive, format string
	anchors                          []string
}

func newVerifyCommand(defaultConfig string) *cobra.Command {
	var v verification
	cmd := &cobra.Command{
		Use:   "verify [--config FILE | TRAIL]",
		Short: "Name every changed, removed, moved or inserted line of an audit trail",
		Long: "verify reads an audit trail to its end, with the segments beside it and in the archive, and names every line that was\n" +
			"changed, removed, moved or put in, every file that is missing, damaged or another one than its name says, and every\n" +
			"signature that is not the key's: 20 findings at most, and how many more there are.\n" +
			"Lines cut off the end are missed by audit.head, which the server keeps in state.directory, or by an anchor: the number\n" +
			"and hash of a record, kept elsewhere, as the log's \"audit checkpoint\" lines have them, and verify of the last one.\n" +
			"The key is audit.pub in state.directory, or beside TRAIL, where --key names no copy that was kept elsewhere.\n" +
			"Without TRAIL it reads the one that the settings name. Exits 0 where the trail is sound, 1 where it is not.",
		Args: oneTrail,
		RunE: func(cmd *cobra.Command, args []string) error { return v.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVarP(&v.configPath, "config", "c", defaultConfig, "the configuration file, whose trail is read")
	f.StringVar(&v.key, "key", "", "a copy of audit.pub that was kept elsewhere (default: the one in state.directory, or beside TRAIL)")
	f.StringVar(&v.archive, "archive", "", "the directory of older segments (default: audit.archive)")
	f.StringArrayVar(&v.anchors, "anchor", nil, "SEQ:HASH of a record that must be in the trail; may be given several times")
	f.StringVar(&v.format, "format", "text", "text or json")
	return cmd
}

func (v verification) run(cmd *cobra.Command, args []string) error {
	o, err := v.options(args)
	if err != nil {
		return exit.UsageError(cmd, err)
	}
	if v.archive != "" {
		if _, err := os.ReadDir(v.archive); err != nil {
			return fmt.Errorf("audit verify: --archive: %w", err)
		}
	}
	if o.Live != "" {
		report, err := v.look(cmd.Context(), o, filepath.Dir(o.Live))
		if err != nil {
			return err
		}
		return v.say(cmd.OutOrStdout(), o.Live, report)
	}
	settings, err := configured.Settings(v.configPath)
	if err != nil {
		return err
	}
	o.Live = settings.Audit.File
	if o.Archive == "" {
		o.Archive = settings.Audit.Archive
	}
	report, err := v.look(cmd.Context(), o, settings.State.Directory)
	if err != nil {
		return err
	}
	if report.Sound() && report.Lines > 0 { // one that is not sound is evidence, and is left as it is
		if err := Record(cmd.Context(), settings, audit.Access{Action: "verify", Filter: v.filter()}); err != nil {
			cmd.PrintErrln("ivalt-radius: warning:", err)
		}
	}
	return v.say(cmd.OutOrStdout(), o.Live, report)
}

// options are what the command line says, Live where it names a trail. The error is one of usage.
func (v verification) options(args []string) (verify.Options, error) {
	o := verify.Options{Archive: v.archive}
	if v.format != "text" && v.format != "json" {
		return o, fmt.Errorf("--format: %q is neither text nor json", v.format)
	}
	for _, text := range v.anchors {
		a, err := verify.ParseAnchor(text)
		if err != nil {
			return o, fmt.Errorf("--anchor: %w", err)
		}
		o.Anchors = append(o.Anchors, a)
	}
	if len(args) == 1 {
		o.Live = args[0]
	}
	if strings.HasSuffix(o.Live, ".gz") {
		return o, fmt.Errorf("%s is one segment: name the live file of its trail, and verify reads the segments beside it", o.Live)
	}
	return o, nil
}

// Look verifies the trail of the settings, by the key that lies in state.directory. It records nothing.
func Look(ctx context.Context, s *config.Settings) (verify.Report, error) {
	return verification{}.look(ctx, verify.Options{Live: s.Audit.File, Archive: s.Audit.Archive}, s.State.Directory)
}

// filter is the command line, for the record of the reading.
func (v verification) filter() string {
	var words []string
	for _, a := range v.anchors {
		words = append(words, "--anchor "+a)
	}
	return strings.Join(words, " ")
}

// look verifies with what lies in the state directory. The head is read before the trail, which then reaches as far at least.
func (v verification) look(ctx context.Context, o verify.Options, state string) (verify.Report, error) {
	key, err := checkpoint.ReadPublic(filepath.Join(state, checkpoint.PublicFile))
	if v.key != "" {
		key, err = checkpoint.ReadPublic(v.key)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return verify.Report{}, fmt.Errorf("audit verify: the public key: %w", err)
	}
	o.Key, o.Trusted = key, v.key != ""
	switch head, err := checkpoint.ReadHead(state); {
	case err == nil && head.Seq > 0, errors.Is(err, checkpoint.ErrNoHead):
		o.Head = &head
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return verify.Report{}, fmt.Errorf("audit verify: %w", err)
	}
	o.Writing = running(ctx, state)
	report, err := verify.Trail(ctx, o)
	if err != nil {
		return report, fmt.Errorf("audit verify: %w", err)
	}
	return report, nil
}

// running reports a server on the state directory. It asks it nothing.
func running(ctx context.Context, state string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(state, control.Socket))
	return err == nil && conn.Close() == nil
}

// mostShown bounds the findings that are printed: a file that is no trail has one on every line.
const mostShown = 20

// say prints what is wrong with a trail, or that nothing is. Anything wrong is an error.
func (v verification) say(out io.Writer, path string, r verify.Report) error {
	show := sayText
	if v.format == "json" {
		show = sayJSON
	}
	if err := show(out, path, r); err != nil {
		return fmt.Errorf("audit verify: %w", err)
	}
	if r.Sound() {
		return nil
	}
	return fmt.Errorf("audit verify %s: not sound: %s in %s", path, count.Of(len(r.Findings)+r.Omitted, "finding"), count.Of(r.Lines, "line"))
}

func sayText(out io.Writer, path string, r verify.Report) error {
	var text strings.Builder
	if r.Before.Seq > 0 {
		fmt.Fprintf(&text, "%s: goes on from a file that was taken away, whose last record was %d, hash %s\n", path, r.Before.Seq, r.Before.Hash)
	}
	for _, f := range r.Findings[:min(len(r.Findings), mostShown)] {
		fmt.Fprintf(&text, "%s: %s\n", f.File, f)
	}
	if all := len(r.Findings) + r.Omitted; all > mostShown {
		fmt.Fprintf(&text, "%s: and %d more\n", path, all-mostShown)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&text, "%s: note: %s\n", path, note)
	}
	switch {
	case !r.Sound():
	case r.Lines == 0:
		fmt.Fprintf(&text, "%s: empty, no records\n", path)
	default:
		if r.Signatures > 0 {
			fmt.Fprintf(&text, "%s: signed by the key %s up to record %d\n", path, r.Key, r.Covered)
		}
		if r.Rewritten > 0 {
			fmt.Fprintf(&text, "%s: %s of people who were forgotten, as recorded\n", path, count.Of(r.Rewritten, "line"))
		}
		fmt.Fprintf(&text, "%s: sound, %s%s, last hash %s of record %d\n", path, count.Of(r.Lines, "record"), inFiles(r.Files), r.LastHash, r.LastSeq)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func inFiles(n int) string {
	if n == 1 {
		return ""
	}
	return " in " + count.Of(n, "file")
}

// finding is a finding as JSON.
type finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // 0: the file as a whole
	Record  uint64 `json:"record"` // 0: not known
	Problem string `json:"problem"`
}

func findings(all []chain.Finding) []finding {
	out := make([]finding, len(all))
	for i, f := range all {
		out[i] = finding(f)
	}
	return out
}

func sayJSON(out io.Writer, path string, r verify.Report) error {
	return json.NewEncoder(out).Encode(struct {
		Trail      string    `json:"trail"`
		Sound      bool      `json:"sound"`
		Files      int       `json:"files"`
		Records    int       `json:"records"`
		LastSeq    uint64    `json:"last_seq"`
		LastHash   string    `json:"last_hash"`
		Findings   []finding `json:"findings"`
		Omitted    int       `json:"omitted"`
		Notes      []string  `json:"notes"`
		Key        string    `json:"key"`
		Signatures int       `json:"signatures"`
		Covered    uint64    `json:"covered"`
		Rewritten  int       `json:"rewritten"`
	}{
		path, r.Sound(), r.Files, r.Lines, r.LastSeq, r.LastHash, findings(r.Findings), r.Omitted, append([]string{}, r.Notes...),
		r.Key, r.Signatures, r.Covered, r.Rewritten,
	})
}
