package compliance

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/compliance"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config/seal"
)

// names remembers which files the settings named.
type names struct{ all []string }

// open opens a file as config does: a pipe holds nobody up.
func (n *names) open(name string) (fs.File, error) {
	n.all = append(n.all, name)
	return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the operator names the files
}

// secretNames are the files in state.directory that hold keys.
func secretNames() map[string]compliance.Role {
	return map[string]compliance.Role{
		checkpoint.KeyFile: compliance.SecretFile, "pseudonym.key": compliance.SecretFile, control.Socket: compliance.ControlSocket,
	}
}

// look looks at the installation's files.
func look(in loaded, trail []segment.File) compliance.Files {
	s := in.settings
	l := &looker{out: compliance.Files{Looked: true}, seen: map[string]bool{}}
	l.file(in.path, compliance.ConfigFile)
	l.file(filepath.Dir(in.path), compliance.ConfigFile)
	for _, path := range in.secrets {
		l.file(path, compliance.SecretFile)
	}
	if key := cmp.Or(s.Secrets.KeyFile, seal.Beside(in.path)); !strings.HasPrefix(key, "credential:") {
		l.file(key, compliance.SecretFile)
	}
	if s.Users.File != "" {
		l.file(s.Users.File, compliance.PeopleFile)
	}
	l.file(s.State.Directory, compliance.StateDirectory)
	for _, f := range trail {
		l.file(f.Path, compliance.TrailFile)
		l.file(filepath.Dir(f.Path), compliance.TrailFile)
	}
	entries, err := os.ReadDir(s.State.Directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.out.Unseen = append(l.out.Unseen, s.State.Directory)
	}
	roles := secretNames()
	for _, e := range entries {
		role, known := roles[e.Name()]
		switch {
		case known:
			l.file(filepath.Join(s.State.Directory, e.Name()), role)
		case e.Name() != checkpoint.PublicFile && !e.IsDir():
			l.file(filepath.Join(s.State.Directory, e.Name()), compliance.StateDirectory)
		}
	}
	return l.out
}

// looker gathers files, each once, in its first role.
type looker struct {
	out  compliance.Files
	seen map[string]bool
}

func (l *looker) file(path string, role compliance.Role) {
	if path = filepath.Clean(path); l.seen[path] {
		return
	}
	l.seen[path] = true
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		l.out.Unseen = append(l.out.Unseen, path)
		return
	}
	uid, ok := ownerOf(info)
	if !ok {
		l.out.Unseen = append(l.out.Unseen, path)
		return
	}
	l.out.All = append(l.out.All, compliance.File{Path: path, Role: role, Mode: info.Mode(), UID: uid})
}

// server asks the kernel who listens on the control socket. Where nobody does, the owner of state.directory is who will.
func server(ctx context.Context, dir string) compliance.Server {
	if cred := control.Listening(ctx, dir); cred != nil {
		return compliance.Server{Known: true, UID: int(cred.Uid), Running: true, Cores: cores("/proc", int(cred.Pid))}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return compliance.Server{}
	}
	uid, ok := ownerOf(info)
	return compliance.Server{Known: ok, UID: uid}
}

func ownerOf(info fs.FileInfo) (uid int, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

// cores says whether a process may leave a core dump: by its soft limit, which a program that takes dumps from a pipe need not heed,
// but systemd's does (core(5), systemd-coredump(8)).
func cores(proc string, pid int) compliance.Answer {
	pattern, err := os.ReadFile(filepath.Join(proc, "sys/kernel/core_pattern")) //nolint:gosec // the kernel's
	if err != nil {
		return compliance.Unknown
	}
	limits, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "limits")) //nolint:gosec // the kernel's
	if err != nil {
		return compliance.Unknown
	}
	for line := range strings.Lines(string(limits)) {
		rest, ok := strings.CutPrefix(line, "Max core file size")
		words := strings.Fields(rest)
		switch {
		case !ok || len(words) == 0:
			continue
		case words[0] != "0":
			return compliance.Yes
		case strings.HasPrefix(string(pattern), "|") && !strings.Contains(string(pattern), "systemd-coredump"):
			return compliance.Unknown
		}
		return compliance.No
	}
	return compliance.Unknown
}

// clock is the kernel's word on its own clock.
func clock() compliance.Answer {
	var t unix.Timex
	state, err := unix.Adjtimex(&t) // no modes: it changes nothing
	if err != nil {
		return compliance.Unknown
	}
	return answer(state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0)
}
