package backup

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/terminal"
	"ivalt-radius/config/seal"
	"ivalt-radius/secret"
)

// What no honest backup exceeds.
const (
	mostMembers  = 100_000
	mostName     = 512 // octets
	mostDepth    = 8   // directories
	mostManifest = 64 << 10
	mostGrowth   = 200       // octets in the directory for one of the archive; beside
	mostSmall    = 256 << 20 // octets, which every archive may grow to
)

const ownDirectory = 0o700

// errNoBackup says what a file is not.
var errNoBackup = errors.New("it is no backup of ivalt-radius, or it is damaged")

// NewRestoreCommand is `restore`.
func NewRestoreCommand() *cobra.Command {
	var input, dir, identity string
	cmd := &cobra.Command{
		Use:   "restore --input FILE --directory DIR",
		Short: "Bring a backup back, into an empty directory",
		Long: "restore unpacks what `backup` wrote into DIR, which must be empty or not there yet, for its owner alone, and leaves nothing\n" +
			"where it fails. --identity names the key file of an encrypted backup; its passphrase, where it has one, is asked for. Run it as\n" +
			"the server's user, or as root: then all of it belongs to the owner of DIR, where that is there already.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := restore(cmd, input, dir, identity); err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&input, "input", "", "the backup")
	cmd.Flags().StringVar(&dir, "directory", "", "the directory to fill")
	cmd.Flags().StringVar(&identity, "identity", "", "the key file that opens an encrypted backup")
	_ = cmd.MarkFlagRequired("input")
	_ = cmd.MarkFlagRequired("directory")
	return cmd
}

func restore(cmd *cobra.Command, input, dir, identity string) error {
	file, err := os.Open(filepath.Clean(input))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	plain, err := decrypted(cmd, file, identity)
	if err != nil {
		return err
	}
	made, err := empty(dir)
	if err != nil {
		return err
	}
	found, n, err := unpack(plain, dir, limits{octets: mostSmall + mostGrowth*info.Size(), files: mostMembers})
	if err != nil {
		return errors.Join(err, wipe(dir, made))
	}
	live := filepath.Join(dir, filepath.FromSlash(found.Trail))
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s of %s\nSee that the trail is sound:\n  ivalt-radius audit verify %s\n"+
		"Then set state.directory to %s (and audit.file, where it is set, to %s), and start the server.\n",
		dir, count.Of(n, "file"), found.Time.Format("2006-01-02 15:04:05 MST"), live, dir, live)
	return err
}

// decrypted is the archive in a file, which may be encrypted.
func decrypted(cmd *cobra.Command, file io.Reader, identity string) (io.Reader, error) {
	in := bufio.NewReader(file)
	begin, _ := in.Peek(len("-----BEGIN AGE ENCRYPTED FILE-----")) // a short file has no header
	if !seal.Locked(begin) {
		return in, nil
	}
	if identity == "" {
		return nil, errors.New("the backup is encrypted: name the key file that opens it with --identity")
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
	defer stop()
	key, err := seal.OpenFile(identity, func() (secret.Secret, error) {
		return terminal.Secret(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), "Passphrase of the key: ")
	})
	if err != nil {
		return nil, err
	}
	return seal.DecryptWith(in, key)
}

// empty makes the directory, or sees that nothing is in it.
func empty(dir string) (made bool, err error) {
	err = os.Mkdir(dir, ownDirectory)
	if !errors.Is(err, fs.ErrExist) {
		return err == nil, err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty: name an empty directory, or one that is not there yet", dir)
	}
	return false, err
}

// wipe removes what a failed restore left in a directory that was empty.
func wipe(dir string, made bool) error { //nolint:revive // no switch: what there was before
	if made {
		return os.RemoveAll(dir)
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}

// limits bound what is made of an archive.
type limits struct {
	octets int64
	files  int
}

// unpack reads an archive within limits into a directory, and returns its manifest and how many files it made.
func unpack(in io.Reader, dir string, most limits) (found manifest, files int, err error) {
	zipped, err := gzip.NewReader(in)
	if err != nil {
		return found, 0, errNoBackup
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return found, 0, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	u := unpacker{in: tar.NewReader(zipped), root: root, left: most.octets, made: map[string]bool{".": true}}
	if found, err = u.manifest(); err != nil {
		return found, 0, err
	}
	for {
		header, err := u.in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return found, 0, damaged(err)
		}
		if files++; files > most.files {
			return found, 0, fmt.Errorf("it has more than %d files", most.files)
		}
		if err := u.member(header); err != nil {
			return found, 0, err
		}
	}
	if err := drain(zipped); err != nil {
		return found, 0, err
	}
	if info, err := root.Lstat(filepath.FromSlash(found.Trail)); err != nil || !info.Mode().IsRegular() {
		return found, 0, fmt.Errorf("%w: there is no trail in it", errNoBackup)
	}
	return found, files, u.sync()
}

// drain reads to the very end, where the checksum and the last part of the encryption are.
func drain(in io.Reader) error {
	if n, err := io.Copy(io.Discard, io.LimitReader(in, mostManifest)); err != nil || n == mostManifest {
		return damaged(err)
	}
	return nil
}

func damaged(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w, or cut off", errNoBackup)
}

// unpacker writes members below root, which nothing leads out of.
type unpacker struct {
	in   *tar.Reader
	root *os.Root
	left int64           // octets
	made map[string]bool // directories
}

func (u *unpacker) manifest() (found manifest, err error) {
	header, err := u.in.Next()
	if err != nil || header.Name != manifestName || header.Size > mostManifest {
		return found, errNoBackup
	}
	text, err := io.ReadAll(io.LimitReader(u.in, mostManifest))
	if err != nil || json.Unmarshal(text, &found) != nil || badName(found.Trail) {
		return found, errNoBackup
	}
	if found.Format != format {
		return found, fmt.Errorf("it is a backup of format %d, and this version knows format %d", found.Format, format)
	}
	return found, nil
}

// badName reports names that no backup has: those that lead elsewhere, are long, or deep, or steer a terminal.
func badName(name string) bool {
	return name == "" || len(name) > mostName || name != path.Clean(name) || !filepath.IsLocal(name) || name == "." ||
		strings.Count(name, "/") > mostDepth || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == '\\' })
}

func (u *unpacker) member(h *tar.Header) error {
	switch {
	case badName(h.Name):
		return fmt.Errorf("it names a file %q, which is refused", h.Name)
	case h.Typeflag != tar.TypeReg:
		return fmt.Errorf("%q is no file but a link, a device or the like, which is refused", h.Name)
	case h.Size > u.left:
		return fmt.Errorf("it grows to far more than a backup of its size holds: %q is refused", h.Name)
	}
	u.left -= h.Size
	if err := u.directories(path.Dir(h.Name)); err != nil {
		return err
	}
	name := filepath.FromSlash(h.Name)
	file, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, owner)
	if err != nil {
		return err // one that is named twice too
	}
	_, err = io.Copy(file, u.in)
	if err != nil {
		err = damaged(err)
	}
	return errors.Join(err, u.give(name), file.Sync(), file.Close())
}

// give gives what root has made to the owner of the directory, whose server could not read it else.
func (u *unpacker) give(name string) error {
	is, err := u.root.Stat(".")
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	if like, ok := is.Sys().(*syscall.Stat_t); ok && like.Uid != 0 {
		return u.root.Lchown(name, int(like.Uid), int(like.Gid))
	}
	return nil
}

func (u *unpacker) directories(dir string) error {
	if u.made[dir] {
		return nil
	}
	if err := u.directories(path.Dir(dir)); err != nil {
		return err
	}
	u.made[dir] = true
	dir = filepath.FromSlash(dir)
	if err := u.root.Mkdir(dir, ownDirectory); err != nil {
		return err
	}
	return u.give(dir)
}

// sync makes the names durable.
func (u *unpacker) sync() error {
	for dir := range u.made {
		file, err := u.root.Open(filepath.FromSlash(dir))
		if err != nil {
			return err
		}
		if err := errors.Join(file.Sync(), file.Close()); err != nil {
			return err
		}
	}
	return nil
}
