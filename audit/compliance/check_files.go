package compliance

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Modes that a file must not have: bits of group and others.
const (
	writable = 0o022
	readable = 0o066 // to read or to write
	listed   = 0o027 // of a directory: its group may list it
)

// ofFiles asks whether the files of some roles are there, and none has a mode that it must not have. Of a directory of files only
// writing counts: whoever may write there can put other files in the place of ours.
func ofFiles(forbidden func(Facts, File) fs.FileMode, remedy string, roles ...Role) func(Facts) Result {
	return func(f Facts) Result {
		ours := slices.DeleteFunc(slices.Clone(f.Files.All), func(file File) bool { return !slices.Contains(roles, file.Role) })
		open := each(ours, func(file File) string {
			if file.Mode.Perm()&forbidden(f, file) != 0 {
				return described(file)
			}
			return ""
		})
		switch {
		case len(open) > 0:
			return fail(remedy, "%s", names(open))
		case !f.Files.Looked || len(f.Files.Unseen) > 0:
			return unknown("run this report as a user who may look at all files", "not all files could be looked at: %s", names(f.Files.Unseen))
		case len(ours) == 0:
			return notApplicable("there is no such file")
		}
		return pass("%s", names(each(ours, described)))
	}
}

func described(file File) string { return fmt.Sprintf("%s (%04o)", file.Path, file.Mode.Perm()) }

func always(mode fs.FileMode) func(Facts, File) fs.FileMode {
	return func(_ Facts, file File) fs.FileMode {
		if file.Mode.IsDir() {
			return writable
		}
		return mode
	}
}

func fileChecks() []Check {
	return []Check{
		{"config-protected", "Nobody but its owner may change the configuration file, nor read it where it may hold secrets", ofFiles(func(f Facts, file File) fs.FileMode {
			if f.Files.Literals == No || file.Mode.IsDir() {
				return writable
			}
			return readable
		}, "chmod 600 the file, and 755 its directory", ConfigFile)},
		{"secret-files-private", "Nobody but their owner may read the files of secrets and keys", ofFiles(always(readable), "chmod 600 these files", SecretFile)},
		{"people-private", "Nobody but its owner may read users.file", ofFiles(always(readable), "chmod 600 the file", PeopleFile)},
		{"state-private", "Nobody but its owner may enter state.directory or speak to the running server", ofFiles(func(_ Facts, file File) fs.FileMode {
			if file.Mode.IsDir() {
				return listed
			}
			return readable
		}, "chmod 700 state.directory, and 600 control.sock", StateDirectory, ControlSocket)},
		{"trail-private", "Nobody but their owner may read or write the files of the trail", ofFiles(always(readable), "chmod 600 these files, and 755 their directories", TrailFile)},
		{"files-owned", "All files belong to root or to the user that the server runs as", func(f Facts) Result {
			if !f.Server.Known {
				return unknown("run this report on the server's machine, once the server has run", "who the server runs as is not known")
			}
			others := each(f.Files.All, func(file File) string {
				if file.UID == 0 || file.UID == f.Server.UID {
					return ""
				}
				return fmt.Sprintf("%s (uid %d)", file.Path, file.UID)
			})
			switch {
			case len(others) > 0:
				return fail("chown these files to the server's user", "%s", names(others))
			case !f.Files.Looked || len(f.Files.All) == 0 || len(f.Files.Unseen) > 0:
				return unknown("run this report as a user who may look at all files", "not all files could be looked at: %s", names(f.Files.Unseen))
			}
			return pass("%s of root or uid %d", times(len(f.Files.All), "file"), f.Server.UID)
		}},
	}
}

func serverChecks() []Check {
	return []Check{
		{"server-not-root", "The server does not run as root (partial: while it is down, the owner of state.directory is taken for it)", func(f Facts) Result {
			switch {
			case !f.Server.Known:
				return unknown("run this report on the server's machine, once the server has run", "who the server runs as is not known")
			case f.Server.UID == 0:
				return fail("run the server as a user of its own: it needs no rights of root", "it runs as uid 0")
			}
			return pass("it runs as uid %d", f.Server.UID)
		}},
		{"server-no-core", "A crash of the running server writes no memory to disk (partial: by its limit of core dumps; a crash handler of its own, but for systemd's, is unknown)", func(f Facts) Result {
			switch f.Server.Cores {
			case No:
				return pass("its limit of core dumps is 0")
			case Yes:
				return fail("set LimitCORE=0 in the service's unit", "its limit of core dumps is not 0: memory holds secrets and passwords")
			case Unknown:
			}
			return unknown("run this report while the server runs, as its user or root", "the limit of the running server is not known")
		}},
		{"version-clean", "The program names a version that was built from a clean tree (partial: whether it is the newest cannot be seen)", func(f Facts) Result {
			switch version := f.Version; {
			case version == "":
				return unknown("build with `make build`", "there is no version")
			case version == "dev" || strings.HasSuffix(version, "-dirty"):
				return fail("install a build of a clean, tagged tree", "version %s", version)
			default:
				return pass("version %s", version)
			}
		}},
	}
}
