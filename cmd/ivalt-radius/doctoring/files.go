package doctoring

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/mask"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/secretage"
	"ivalt-radius/config/seal"
	"ivalt-radius/doctor"
	"ivalt-radius/doctor/host"
)

// mostFiles bounds how many files of state.directory are looked at.
const mostFiles = 10_000

// looker gathers files, each once, in its first role.
type looker struct {
	files  []doctor.File
	unseen []string
	seen   map[string]bool
}

// lookAtFiles looks at the installation's files, and at the disks that they are on.
func lookAtFiles(f *doctor.Facts, in inputs) {
	s := in.Settings
	l := &looker{seen: map[string]bool{}}
	l.file(in.path, doctor.ConfigFile)
	l.file(filepath.Dir(in.path), doctor.ConfigFile)
	for _, path := range append(in.secrets, in.denied...) {
		if path != s.Users.File {
			l.file(path, doctor.SecretFile)
		}
	}
	if key := cmp.Or(s.Secrets.KeyFile, seal.Beside(in.path)); !strings.HasPrefix(key, "credential:") {
		l.file(key, doctor.SecretFile)
	}
	if tls := s.Admin.TLS; tls.On() {
		l.file(tls.Key, doctor.SecretFile)
		l.file(tls.Certificate, doctor.PublicFile)
	}
	if s.Users.File != "" {
		l.file(s.Users.File, doctor.PeopleFile)
	}
	trail, err := segment.List(s.Audit.File, s.Audit.Archive)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.unseen = append(l.unseen, filepath.Dir(s.Audit.File))
	}
	for _, file := range trail {
		l.file(file.Path, doctor.TrailFile)
		l.file(filepath.Dir(file.Path), doctor.TrailFile)
	}
	l.state(s.State.Directory)
	f.Files, f.Unseen = doctor.Known(l.files), l.unseen
	f.Disks = []doctor.Disk{{For: "state.directory", Path: s.State.Directory, Space: host.Space(s.State.Directory)}}
	if dir := filepath.Dir(s.Audit.File); dir != filepath.Clean(s.State.Directory) {
		f.Disks = append(f.Disks, doctor.Disk{For: "audit.file", Path: dir, Space: host.Space(dir)})
	}
}

// state looks at all that lies in state.directory.
func (l *looker) state(dir string) {
	keys := map[string]bool{checkpoint.KeyFile: true, mask.KeyFile: true, secretage.IDFile: true, control.Socket: true}
	n := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if n++; n > mostFiles {
			return fs.SkipAll
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went away meanwhile, or there is no state yet
		}
		if err != nil {
			l.unseen = append(l.unseen, path)
			return fs.SkipDir
		}
		role := doctor.StateFile
		switch {
		case keys[e.Name()]:
			role = doctor.SecretFile
		case e.Name() == checkpoint.PublicFile:
			role = doctor.PublicFile
		}
		l.file(path, role)
		return nil
	})
	if err != nil {
		l.unseen = append(l.unseen, dir)
	}
}

func (l *looker) file(path string, role doctor.Role) {
	if path = filepath.Clean(path); l.seen[path] {
		return
	}
	l.seen[path] = true
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	uid, ok := 0, false
	if err == nil {
		uid, ok = ownerOf(info)
	}
	if !ok {
		l.unseen = append(l.unseen, path)
		return
	}
	l.files = append(l.files, doctor.File{Path: path, Role: role, Mode: info.Mode(), UID: uid, Size: info.Size()})
}
