package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// controlSocket is where commands find the running server, in state.directory, mode 0600.
const controlSocket = "control.sock"

// errNotRunning says that no server listens on the control socket.
var errNotRunning = errors.New("no server is running on this state.directory")

// actorKey is where the request's context holds the peer's credentials.
type actorKey struct{}

// controlServer answers commands on a Unix socket: JSON over HTTP, one request each. The actor is the peer's credentials, which
// the kernel vouches for.
type controlServer struct {
	http.Server
	path string
}

// listenControl opens the socket for this user alone.
func listenControl(dir string, h http.Handler) (*controlServer, error) {
	path := filepath.Join(dir, controlSocket)
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		_ = c.Close()
		return nil, fmt.Errorf("%s: another server answers there; stop it or give this one a state.directory of its own", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("removing a left-over control socket: %w", err)
	}
	old := syscall.Umask(0o177)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	syscall.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("opening the control socket: %w", err)
	}
	c := &controlServer{path: path}
	c.Handler = h
	c.ReadTimeout, c.WriteTimeout = 5*time.Second, 10*time.Second
	c.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, actorKey{}, peer(conn))
	}
	go func() { _ = c.Serve(l) }()
	return c, nil
}

// close stops answering.
func (c *controlServer) close() { _ = c.Close() }

// peer names the process on the other end.
func peer(conn net.Conn) string {
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return "unknown"
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return "unknown"
	}
	name := "unknown"
	_ = raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			name = fmt.Sprintf("uid=%d pid=%d", cred.Uid, cred.Pid)
		}
	})
	return name
}

// actor is who asked.
func actor(ctx context.Context) string {
	name, ok := ctx.Value(actorKey{}).(string)
	if !ok {
		return "unknown"
	}
	return name
}

// callControl asks the running server. errNotRunning where there is none.
func callControl(ctx context.Context, dir, path string, in, out any) error {
	socket := filepath.Join(dir, controlSocket)
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	defer client.CloseIdleConnections()
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encoding the command: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("making the command: %w", err)
	}
	resp, err := client.Do(req)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return errNotRunning
	}
	if err != nil {
		return fmt.Errorf("asking the running server: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("reading the running server's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the running server refuses: %s", bytes.TrimSpace(answer))
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("understanding the running server's answer: %w", err)
	}
	return nil
}
