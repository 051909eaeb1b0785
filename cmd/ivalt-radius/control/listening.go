package control

import (
	"context"
	"net"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dialWithin bounds how long a server that hangs may keep whoever looks.
const dialWithin = 2 * time.Second

// Listening is the process that listens on the control socket, as the kernel knows it; nil: nobody does, or it is another user's. It is asked nothing.
func Listening(ctx context.Context, dir string) *unix.Ucred {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(dir, Socket))
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close() }()
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	var cred *unix.Ucred
	if err := raw.Control(func(fd uintptr) {
		cred, _ = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return nil
	}
	return cred
}
