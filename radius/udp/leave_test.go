package udp

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestWhatIsLeftIsNoChilds: what is left for the next program is left for no other one that is run meanwhile, say a command of guard.notify: that would hold the port.
func TestWhatIsLeftIsNoChilds(t *testing.T) {
	k, err := Listen(t.Context(), "127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := k.Leave()
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("%#x, %v: a child would have it", flags, err)
	}
	if err := unix.Close(fd); err != nil {
		t.Error(err)
	}
}
