package initial

import (
	"os/user"
	"strconv"
)

// serversUser is whom the packages have the server run as.
const serversUser = "ivalt-radius"

// owner is a user, with the group of the same name.
type owner struct{ uid, gid int }

// serversOwner is the server's user, where root makes the packaged server's files and that user is there; nil: the files belong to whoever makes
// them.
func serversOwner(dir string, euid int, lookup func(name string) (*user.User, error)) *owner {
	if dir != initDirectory || euid != 0 {
		return nil
	}
	u, err := lookup(serversUser)
	if err != nil {
		return nil
	}
	uid, wrongUID := strconv.Atoi(u.Uid)
	gid, wrongGID := strconv.Atoi(u.Gid)
	if wrongUID != nil || wrongGID != nil {
		return nil
	}
	return &owner{uid, gid}
}

// belonging says whose the files are.
func (s *starterSet) belonging() string {
	if s.owner != nil {
		return "The files belong to the server's user, " + serversUser + "."
	}
	return "The files belong to the user who ran init: where the\nserver runs as another one, make them that user's."
}

// starting is how the server is started.
func (s *starterSet) starting() string {
	if s.owner != nil {
		return "systemctl enable --now ivalt-radius"
	}
	return "ivalt-radius serve --config " + s.settings.path
}
