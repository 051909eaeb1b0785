package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"ivalt-radius/config/keys"
	"ivalt-radius/config/seal"
	"ivalt-radius/config/tree"
	"ivalt-radius/fault"
)

// Sizes that no sound file reaches.
const (
	maxFile   = 1 << 20  // the configuration file
	maxPeople = 16 << 20 // users.file
	maxSecret = 64 << 10 // a secret's file
)

// Options are the outside world that a load reads. The zero Options read no environment, and the machine's files.
type Options struct {
	// Environ are variables as "NAME=value", as os.Environ gives them; nil: none.
	Environ []string
	// Open opens a file: the configuration, users.file, and the files of secrets; nil: os.Open. Relative names are relative
	// to the working directory.
	Open func(name string) (fs.File, error)
	// Ring remembers the key that a passphrase opened, for the next load; nil: each load derives it anew.
	Ring *seal.Ring
}

// Load reads the settings of one configuration file and the environment. The list holds all faults and warnings found, each with
// its key path and its line or variable, and no secret. The Settings are nil where one of the faults is no warning. Every call is
// independent; it is safe for concurrent use.
func Load(path string, opt Options) (*Settings, fault.List) {
	s, faults := Inspect(path, opt)
	if len(faults.Fatal()) > 0 {
		return nil, faults
	}
	return s, faults
}

// Inspect is Load for a look at faulty settings: it gives what could be read, with defaults in the place of all that could not,
// so that the constructors of other rooms may add their faults. Nobody may be served by such Settings. They are nil where the
// file could not be read at all.
func Inspect(path string, opt Options) (*Settings, fault.List) {
	l := &loader{opt: opt, places: tree.Places{}, origins: map[string]Origin{}}
	s := l.load(path)
	return s, inOrder(l.places.Locate(l.faults))
}

// LoadWithoutSecrets is Load for a command that needs neither secrets nor people, so that whoever cannot read their files may use it:
// their faults are left out, and what they are of is missing in the Settings.
func LoadWithoutSecrets(path string, opt Options) (*Settings, fault.List) {
	s, faults := Inspect(path, opt)
	faults = slices.DeleteFunc(faults, func(f fault.Fault) bool {
		return OfSecret(f.Key) || strings.HasPrefix(f.Key, "users.file") || strings.HasPrefix(f.Key, "secrets.")
	})
	if len(faults.Fatal()) > 0 {
		return nil, faults
	}
	return s, faults
}

// OfSecret reports that a fault's key is that of a secret in the configuration file, or of what needs one.
func OfSecret(key string) bool {
	return strings.Contains(key, "].secrets") || strings.HasPrefix(key, "ivalt.api_key") ||
		strings.HasPrefix(key, "ivalt.signing_secret") || strings.HasPrefix(key, "ivalt.proxy") ||
		strings.HasPrefix(key, "primary.ldap.bind_") || strings.HasPrefix(key, "guard.notify[") || key == redisPassword || key == sentinelPassword || key == clusterKey ||
		strings.HasPrefix(key, "primary.radius.servers[") && strings.HasSuffix(key, "].secret") ||
		strings.HasPrefix(key, "admin.accounts[") && strings.HasSuffix(key, "].password_hash") || strings.HasPrefix(key, "admin.tokens[") && strings.HasSuffix(key, "].digest")
}

// loader is one load.
type loader struct {
	opt      Options
	path     string
	mode     fs.FileMode // of the configuration file
	faults   fault.List
	places   tree.Places
	pointed  []string // environment variables that an env: names
	literals int      // secrets that stand in the configuration file

	key     func() (seal.Key, error) // of sealed secrets
	origins map[string]Origin
}

func (l *loader) load(path string) *Settings {
	l.path = path
	text, mode, err := l.read(path, maxFile)
	if err != nil {
		l.faults = append(l.faults, fault.Fault{File: path, Message: "cannot be read: " + err.Error()})
		return nil
	}
	l.mode = mode
	source := tree.Reader{Schema: tree.NewSchema(keys.All(), keys.Windows), Faults: &l.faults, Places: l.places}
	values, ok := source.Settings(text, l.opt.Environ)
	if !ok {
		return nil
	}
	s := &Settings{places: l.places, origins: l.origins}
	if !l.decode(values, s) {
		return nil
	}
	if s.Audit.File == "" {
		s.Audit.File = filepath.Join(s.State.Directory, "audit.jsonl")
	}
	l.key = l.sealKey(&s.Secrets)
	l.secrets(s)
	l.factorSecrets(s)
	l.noticeSecrets(s)
	l.clusterSecrets(s)
	l.adminSecrets(s)
	l.people(s)
	l.check(s)
	source.Strangers(l.pointed)
	return s
}

// decode sets a struct; it fails where the table and the struct differ.
func (l *loader) decode(from tree.Tree, into any) bool {
	err := from.Decode(into)
	if err != nil {
		// Not the error's text: it quotes values.
		l.faults.Add("", "the settings do not fit together: this is a defect of ivalt-radius, please report it")
	}
	return err == nil
}

// read reads one file of at most limit octets.
func (l *loader) read(path string, limit int64) ([]byte, fs.FileMode, error) {
	open := l.opt.Open
	if open == nil {
		open = openFile
	}
	file, err := open(path)
	if err != nil {
		return nil, 0, reason(err)
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return nil, 0, reason(err)
	}
	if info.IsDir() {
		return nil, 0, errors.New("it is a directory")
	}
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, 0, reason(err)
	}
	if int64(len(text)) > limit {
		return nil, 0, fmt.Errorf("it is larger than %d octets", limit)
	}
	return text, info.Mode(), nil
}

// pipeWaits is how long whoever writes to a pipe in the place of a file may take.
const pipeWaits = 5 * time.Second

// openFile never waits: a pipe to which nobody writes would hold up every reload, and the end of the server.
func openFile(name string) (fs.File, error) {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the operator names the files
	if err != nil {
		return nil, err
	}
	_ = file.SetReadDeadline(time.Now().Add(pipeWaits)) // a regular file has none, and needs none
	return file, nil
}

// reason is the system's word without the path, which the fault names already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// inOrder sorts by place: the configuration file's lines first, then other files, then variables; what has no place leads.
func inOrder(faults fault.List) fault.List {
	slices.SortStableFunc(faults, func(a, b fault.Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return faults
}
