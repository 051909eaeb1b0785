package initial

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"ivalt-radius/config"
	"ivalt-radius/directory/password"
	"ivalt-radius/secret"
)

// Where init writes when nobody says otherwise.
const (
	initDirectory = "/etc/ivalt-radius"
	initState     = "/var/lib/ivalt-radius"
)

// NewCommand is `init`: a commented configuration, a fresh shared secret, and an empty file for the API key.
func NewCommand() *cobra.Command {
	dir := initDirectory
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented configuration, a fresh shared secret and an account for the operator's window",
		Long: "init writes config.yaml, a random shared secret, the hash of a random password and an empty file for the API key into a directory,\n" +
			"readable by their owner alone. The password is for the account admin of the operator's window: it is printed once, and kept nowhere.\n" +
			"Run as root where the package is installed, it gives the files in " + initDirectory + " to the server's user, " + serversUser + ".\n" +
			"It never overwrites a file. In another directory than " + initDirectory + " the server's state goes there too.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := newStarterSet(dir)
			if err != nil {
				return err
			}
			set.owner = serversOwner(set.dir, os.Geteuid(), user.Lookup)
			if err := set.write(); err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), set.nextSteps())
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", initDirectory, "the directory to write into; it is made where it is missing")
	return cmd
}

// starterSet is what init writes.
type starterSet struct {
	dir, state                     string
	settings, sharedSecret, apiKey starterFile
	adminHash                      starterFile
	password                       secret.Secret // of the account admin
	owner                          *owner        // of the files; nil: whoever runs init
}

// starterFile is one file that init writes.
type starterFile struct {
	path string
	text []byte
}

// newStarterSet makes the texts; nothing is written yet.
func newStarterSet(dir string) (*starterSet, error) {
	if dir == "" || !utf8.ValidString(dir) || strings.ContainsFunc(dir, unicode.IsControl) {
		return nil, errors.New("--dir: the name of the directory is empty or holds control characters")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("--dir: %w", err)
	}
	set := &starterSet{dir: dir, state: filepath.Join(dir, "state")}
	if dir == initDirectory {
		set.state = initState
	}
	const strength = 32 // octets, which base64 makes 43 characters
	random := make([]byte, strength)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("drawing the shared secret: %w", err)
	}
	set.sharedSecret = starterFile{filepath.Join(dir, "openvpn-as.secret"), []byte(base64.RawURLEncoding.EncodeToString(random) + "\n")}
	set.apiKey = starterFile{path: filepath.Join(dir, "ivalt-api-key")}
	set.password = drawPassword()
	set.adminHash = starterFile{filepath.Join(dir, "admin-password-hash"), []byte(password.Make(set.password).Text().Reveal() + "\n")}
	set.settings = starterFile{filepath.Join(dir, "config.yaml"), config.Template(config.Sample{
		SharedSecretFile: set.sharedSecret.path,
		APIKeyFile:       set.apiKey.path,
		StateDirectory:   set.state,
		AdminHashFile:    set.adminHash.path,
	})}
	return set, nil
}

// drawPassword is a password of 100 bits, in groups that can be read out and typed.
func drawPassword() secret.Secret {
	const octets, group = 13, 5 // 20 of 21 letters
	random := make([]byte, octets)
	_, _ = rand.Read(random) // never fails
	letters := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random))
	return secret.New(letters[:group] + "-" + letters[group:2*group] + "-" + letters[2*group:3*group] + "-" + letters[3*group:4*group])
}

// files are in the order in which they are written: the configuration last, so that it never points to nothing.
func (s *starterSet) files() []starterFile {
	return []starterFile{s.sharedSecret, s.apiKey, s.adminHash, s.settings}
}

// write makes all files or none.
func (s *starterSet) write() error {
	for _, f := range s.files() {
		if _, err := os.Lstat(f.path); err == nil {
			return fmt.Errorf("%s is there already: init overwrites nothing; move it away or name another --dir", f.path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("looking for %s: %w", f.path, err)
		}
	}
	const ownDirectory = 0o750
	if err := os.MkdirAll(s.dir, ownDirectory); err != nil {
		return fmt.Errorf("making the directory: %w", err)
	}
	for i, f := range s.files() {
		if err := f.create(s.owner); err != nil {
			for _, made := range s.files()[:i] {
				err = errors.Join(err, os.Remove(made.path))
			}
			return err
		}
	}
	return nil
}

// create writes a file that must not be there yet, for its owner alone, down to the disk.
func (f starterFile) create(to *owner) error {
	const ownFile = 0o600
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, ownFile)
	if err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	if to != nil {
		err = file.Chown(to.uid, to.gid)
	}
	if err == nil {
		_, err = file.Write(f.text)
	}
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", f.path, err), os.Remove(f.path))
	}
	return nil
}

// nextSteps tells the operator how to go on. It names files; the one secret that it shows is the password that is kept nowhere.
func (s *starterSet) nextSteps() string {
	return fmt.Sprintf(`Written: %[1]s
         %[2]s (a fresh shared secret)
         %[3]s (empty)
         %[5]s (the hash of the password below)

Next steps:
  1. Put the API key that iVALT issued into %[3]s.
  2. In %[1]s, add the addresses of your gateway to
     clients[0].networks, set users.email to what iVALT knows your people by, and
     primary to who checks their passwords (docs/people.md).
  3. Give the gateway the shared secret in %[2]s.
     The client is named openvpn-as, with the profile of OpenVPN Access Server; for another
     gateway change both.
  4. ivalt-radius check --config %[1]s
  5. %[8]s
  6. ivalt-radius doctor --config %[1]s
     beside the running server: what a live one still lacks, and what to do about it. Name in
     guard.notify who is to hear of attacks (docs/guard.md).

State and audit trail go to %[4]s. %[7]s

The operator's window is at http://127.0.0.1:9812 while the server runs. This is shown once:
  name     admin
  password %[6]s
`, s.settings.path, s.sharedSecret.path, s.apiKey.path, s.state, s.adminHash.path, s.password.Reveal(), s.belonging(), s.starting())
}
