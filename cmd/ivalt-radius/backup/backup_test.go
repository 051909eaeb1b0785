package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/config/seal"
	"ivalt-radius/state"
)

// site is an installation that has served: a store, a trail with an old segment, a key and a cursor.
type site struct {
	dir, config, trail string
	settings           *config.Settings
}

func newSite(t *testing.T) site {
	t.Helper()
	var s site
	s.config, s.dir = commandtest.Settings(t)
	s.trail = filepath.Join(s.dir, "audit.jsonl")
	store, err := state.OpenStore(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(store.Put("b", "learned", []byte("1")), store.Close()); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"alice", "bob"} {
		trail, err := audit.Open(s.trail, audit.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(trail.Commit(t.Context(), audit.Attempt{User: user}), trail.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"pseudonym.key": "canary-key", "ship/siem": "7", "incidents/incident-20261126-k7m3.json": "{}", ".left-over": "x", filepath.Base(s.trail) + ".000000000001-000000000004.gz": "canary-segment",
	} {
		path := filepath.Join(s.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(s.dir, "link")); err != nil {
		t.Fatal(err)
	}
	var faults any
	if s.settings, faults = config.LoadWithoutSecrets(s.config, config.Options{}); s.settings == nil {
		t.Fatal(faults)
	}
	return s
}

// run runs a command as the program does.
func run(t *testing.T, cmd *cobra.Command, args ...string) (code int, out string) {
	t.Helper()
	out, err := commandtest.Run(t.Context(), cmd, args...)
	return exit.Code(err), out
}

// tree is the files below a directory with their texts, and the modes that are not for the owner alone.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
		if d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path) //nolint:gosec // in the test's own directory
		name, _ := filepath.Rel(dir, path)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// whole fails the test unless a restored directory holds what the site held, and a trail that says who read it.
func (s site) whole(t *testing.T, dir string) {
	t.Helper()
	all := tree(t, dir)
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{"audit.head", "audit.jsonl", "audit.jsonl.000000000001-000000000004.gz", "audit.key", "audit.pub", "incidents/incident-20261126-k7m3.json", "pseudonym.key", "ship/siem", "state.db"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if all["pseudonym.key"] != "canary-key" || all["ship/siem"] != "7" || all["audit.jsonl.000000000001-000000000004.gz"] != "canary-segment" {
		t.Errorf("%q", all)
	}
	result, err := chain.Verify(strings.NewReader(all["audit.jsonl"]))
	if err != nil || !result.Sound() || result.Lines != 4 || !strings.Contains(all["audit.jsonl"], `"type":"data_access","action":"backup"`) {
		t.Errorf("%+v, %v: %s", result, err, all["audit.jsonl"])
	}
	store, err := state.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	value, found, err := store.Get("b", "learned")
	if err := errors.Join(err, store.Close()); err != nil || !found || string(value) != "1" {
		t.Errorf("%q, %v", value, err)
	}
}

func TestBackupAndRestore(t *testing.T) {
	s := newSite(t)
	file, dir := filepath.Join(t.TempDir(), "b"), filepath.Join(t.TempDir(), "new")
	code, out := run(t, NewCommand(s.config), "--output", file)
	if code != exit.OK || !strings.Contains(out, "warning: the backup holds keys, and is not encrypted") {
		t.Fatalf("exit %d: %s", code, out)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	code, out = run(t, NewRestoreCommand(), "--input", file, "--directory", dir)
	if code != exit.OK || !strings.Contains(out, "ivalt-radius audit verify "+filepath.Join(dir, "audit.jsonl")) {
		t.Fatalf("exit %d: %s", code, out)
	}
	s.whole(t, dir)

	if code, out := run(t, NewRestoreCommand(), "--input", file, "--directory", dir); code != exit.Fault || !strings.Contains(out, "is not empty") {
		t.Errorf("into a full directory: exit %d: %s", code, out)
	}
	if code, out := run(t, NewCommand(s.config), "--output", file); code != exit.Fault || !strings.Contains(out, "nothing is overwritten") {
		t.Errorf("over a backup: exit %d: %s", code, out)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Error("the backup was written again")
	}
	for name, args := range map[string][]string{
		"no settings": {"--config", "/nonexistent", "--output", file + "2"}, "no directory": {"--output", filepath.Join(file, "x")},
		"to nobody": {"--output", file + "2", "--encrypt-to", "age1x"},
	} {
		if code, out := run(t, NewCommand(s.config), args...); code != exit.Fault {
			t.Errorf("%s: exit %d: %s", name, code, out)
		}
	}
	if _, err := os.Stat(file + "2"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was left: %v", err)
	}
	if code, _ := run(t, NewCommand(s.config)); code != exit.Usage && code != exit.Fault {
		t.Errorf("no output: exit %d", code)
	}
}

// TestNoBackupWithoutEvidence: where the reading cannot be recorded nothing is copied.
func TestNoBackupWithoutEvidence(t *testing.T) {
	s := newSite(t)
	if err := os.Remove(s.trail); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "b")
	code, out := run(t, NewCommand(s.config), "--output", file)
	if _, err := os.Stat(file); code != exit.Fault || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("exit %d: %s; %v", code, out, err)
	}
}

func TestEncryptedBackup(t *testing.T) {
	s := newSite(t)
	tmp := t.TempDir()
	var keys []string
	var recipients []string
	for i := range 3 {
		path := filepath.Join(tmp, fmt.Sprint("key", i))
		k, err := seal.Create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		keys, recipients = append(keys, path), append(recipients, k.Recipient().String())
	}
	file := filepath.Join(tmp, "b")
	code, out := run(t, NewCommand(s.config), "--output", file, "--encrypt-to", recipients[0], "--encrypt-to", recipients[1])
	if code != exit.OK || strings.Contains(out, "warning") || !strings.Contains(out, "encrypted to 2 recipients") {
		t.Fatalf("exit %d: %s", code, out)
	}
	octets, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(octets, []byte("age-encryption.org/v1\n")) {
		t.Fatalf("%v, %.30q", err, octets)
	}
	for i, key := range keys[:2] {
		dir := filepath.Join(tmp, fmt.Sprint("new", i))
		if code, out := run(t, NewRestoreCommand(), "--input", file, "--directory", dir, "--identity", key); code != exit.OK {
			t.Fatalf("exit %d: %s", code, out)
		}
		s.whole(t, dir)
	}
	dir := filepath.Join(tmp, "not")
	for name, c := range map[string]struct {
		octets   []byte
		identity string
		says     string
	}{
		"no identity": {octets, "", "name the key file that opens it"}, "another": {octets, keys[2], "encrypted to another key"},
		"no key": {octets, filepath.Join(tmp, "none"), "opening the key"}, "cut off": {octets[:len(octets)-1], keys[0], "damaged"},
		"changed":     {append(slices.Clone(octets[:len(octets)-20]), make([]byte, 20)...), keys[0], "damaged"},
		"header only": {octets[:200], keys[0], "damaged"},
	} {
		path := filepath.Join(tmp, "spoilt")
		if err := os.WriteFile(path, c.octets, 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"--input", path, "--directory", dir}
		if c.identity != "" {
			args = append(args, "--identity", c.identity)
		}
		code, out := run(t, NewRestoreCommand(), args...)
		if code != exit.Fault || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d: %s", name, code, out)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: something was left: %v", name, err)
		}
	}
}

// TestOverTheControlSocket: the store of a running server comes from the server, and a copy that breaks off is none.
func TestOverTheControlSocket(t *testing.T) {
	s := newSite(t)
	store, err := state.OpenStore(s.dir) // nobody else may open it now
	if err != nil {
		t.Fatal(err)
	}
	serve := func(snapshot Snapshotter) (stop func()) {
		mux := http.NewServeMux()
		Handle(mux, snapshot)
		server, err := control.Listen(t.Context(), s.dir, mux)
		if err != nil {
			t.Fatal(err)
		}
		return func() { server.Close(context.WithoutCancel(t.Context())) }
	}
	stop := serve(store)
	var out bytes.Buffer
	if err := copyStore(t.Context(), s.dir, &out); err != nil {
		t.Fatal(err)
	}
	stop()
	var want bytes.Buffer
	if _, err := store.Snapshot(&want); err != nil || !bytes.Equal(out.Bytes(), want.Bytes()) {
		t.Errorf("%d of %d octets, %v", out.Len(), want.Len(), err)
	}
	stop = serve(broken{})
	if err := copyStore(t.Context(), s.dir, &out); err == nil {
		t.Error("a part was taken for the whole")
	}
	stop()
	if err := copyStore(t.Context(), s.dir, &out); !errors.Is(err, state.ErrInUse) {
		t.Errorf("no server, and the store is held: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// broken fails behind a part.
type broken struct{}

func (broken) Snapshot(w io.Writer) (int64, error) {
	_, _ = w.Write(make([]byte, 1<<20))
	return 1 << 20, io.ErrUnexpectedEOF
}

// TestTrailOfWholeLines: what is half written is not copied.
func TestTrailOfWholeLines(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "half": 0, "one\n": 4, "one\ntwo": 4, "one\n" + strings.Repeat("x", 200<<10): 4, strings.Repeat("x", 100<<10) + "\nhalf": 100<<10 + 1,
	} {
		got, err := wholeLines(strings.NewReader(text), int64(len(text)))
		if err != nil || got != int64(want) {
			t.Errorf("%.10q of %d: %d, %v", text, len(text), got, err)
		}
	}
}

// TestSegmentOnTheMove: one that was compressed since it was listed is found, one that went away ends the backup.
func TestSegmentOnTheMove(t *testing.T) {
	s := newSite(t)
	seen, _, err := openTrail(s.settings)
	if err != nil || len(seen.Ended) != 1 {
		t.Fatalf("%+v, %v", seen, err)
	}
	seen.Close()
	part := seen.Ended[0]
	plain := part
	plain.Path = strings.TrimSuffix(part.Path, ".gz")
	file, err := openPart(plain)
	if err != nil || file.Name() != part.Path {
		t.Fatalf("%v", err)
	}
	_ = file.Close()
	if err := os.Remove(part.Path); err != nil {
		t.Fatal(err)
	}
	if _, err := openPart(plain); !errors.Is(err, errMoving) {
		t.Errorf("%v", err)
	}
}

// TestSocketOfADeadServer: the name is there, and nobody answers: the files are read.
func TestSocketOfADeadServer(t *testing.T) {
	s := newSite(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(s.dir, control.Socket))
	if err != nil {
		t.Fatal(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = listener.Close()
	file := filepath.Join(t.TempDir(), "b")
	if code, out := run(t, NewCommand(s.config), "--output", file); code != exit.OK {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestNoStoreIsMade: one that root made would keep the server from starting.
func TestNoStoreIsMade(t *testing.T) {
	s := newSite(t)
	store := filepath.Join(s.dir, state.StoreFile)
	if err := os.Remove(store); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	if code, out := run(t, NewCommand(s.config), "--output", file); code != exit.Fault || !strings.Contains(out, "start the server once") {
		t.Errorf("%d %s", code, out)
	}
	for _, path := range []string{store, file} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
