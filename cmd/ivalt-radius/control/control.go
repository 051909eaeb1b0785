package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Socket is where commands find the running server, in state.directory, mode 0600.
const Socket = "control.sock"

// patience is how long a stopping server waits for a command that it is carrying out.
const patience = 2 * time.Second

// ErrNotRunning says that no server listens on the control socket.
var ErrNotRunning = errors.New("no server is running on this state.directory")

// actorKey is where the request's context holds the peer's credentials.
type actorKey struct{}

// Server answers commands on a Unix socket: JSON over HTTP, one request each. The actor is the peer's credentials, which
// the kernel vouches for.
type Server struct {
	http http.Server
	done chan struct{}
}

// Listen opens the socket for this user alone. Whoever calls it holds the lock on the state, so a socket that is there
// already was left behind by a server that is gone.
func Listen(ctx context.Context, dir string, h http.Handler) (*Server, error) {
	path := filepath.Join(dir, Socket)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("removing a left-over control socket: %w", err)
	}
	listener, err := (&net.ListenConfig{Control: ownerOnly}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("opening the control socket: %w", err)
	}
	c := &Server{done: make(chan struct{}), http: http.Server{
		Handler: h, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, actorKey{}, peer(conn))
		},
	}}
	go func() {
		defer close(c.done)
		_ = c.http.Serve(listener)
	}()
	return c, nil
}

// ownerOnly gives the socket its mode before it has a name: Linux makes the file with the mode of the socket, so at no moment
// may anybody else connect.
func ownerOnly(_, _ string, socket syscall.RawConn) error {
	var failed error
	err := socket.Control(func(fd uintptr) { failed = unix.Fchmod(int(fd), 0o600) })
	return errors.Join(err, failed)
}

// Close lets the command that is being carried out end, and removes the socket.
func (c *Server) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if c.http.Shutdown(ctx) != nil {
		_ = c.http.Close()
	}
	<-c.done
}

// Answer writes what a command gets back: out as JSON, or the error's words.
func Answer(w http.ResponseWriter, out any, err error) {
	if err != nil {
		http.Error(w, err.Error(), status(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

// Decode reads what a command asks, of at most 64 KiB.
func Decode(w http.ResponseWriter, r *http.Request, in any) error {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(in); err != nil {
		return fmt.Errorf("understanding the command: %w", err)
	}
	return nil
}

// peer names the process on the other end.
func peer(conn net.Conn) string {
	const unknown = "unknown"
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return unknown
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return unknown
	}
	name := unknown
	_ = raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			name = ActorName(int(cred.Uid), int(cred.Pid))
		}
	})
	return name
}

// ActorName is how the trail names who did something by hand.
func ActorName(uid, pid int) string { return fmt.Sprintf("uid=%d pid=%d", uid, pid) }

// Actor is who asked.
func Actor(ctx context.Context) string {
	name, _ := ctx.Value(actorKey{}).(string)
	return name
}

// What a command and its answer are bounded by, in octets and time.
const (
	callFor    = 10 * time.Second
	mostAnswer = 64 << 20
	mostWords  = 64 << 10 // of a refusal
)

// asking is why a server that listens could not be asked. The socket is its user's own.
func asking(dir string, err error) error {
	var net *url.Error
	if errors.As(err, &net) {
		err = net.Err // without a URL that nobody typed
	}
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("asking the running server: only its own user and root may: %w", os.ErrPermission)
	}
	return fmt.Errorf("asking the running server at %s: %w", filepath.Join(dir, Socket), err)
}

// Call asks the running server. ErrNotRunning where there is none.
func Call(ctx context.Context, dir, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encoding the command: %w", err)
	}
	return ask(ctx, dir, path, callFor, bytes.NewReader(body), func(answer io.Reader) error {
		text, err := io.ReadAll(io.LimitReader(answer, mostAnswer))
		if err != nil {
			return fmt.Errorf("reading the running server's answer: %w", err)
		}
		if err := json.Unmarshal(text, out); err != nil {
			return fmt.Errorf("understanding the running server's answer: %w", err)
		}
		return nil
	})
}

// ask has the running server carry out a command, and its answer read. The error is the server's words where it refuses.
func ask(ctx context.Context, dir, path string, within time.Duration, body io.Reader, read func(answer io.Reader) error) error {
	client := http.Client{Timeout: within, Transport: &http.Transport{
		DisableKeepAlives: true, DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(dir, Socket))
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control"+path, body)
	if err != nil {
		return fmt.Errorf("making the command: %w", err)
	}
	resp, err := client.Do(req)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ECONNREFUSED) {
		return ErrNotRunning
	}
	if err != nil {
		return asking(dir, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusOK {
		return read(resp.Body)
	}
	words, err := io.ReadAll(io.LimitReader(resp.Body, mostWords))
	if err != nil {
		return fmt.Errorf("reading the running server's answer: %w", err)
	}
	return fmt.Errorf("%s", bytes.TrimSpace(words))
}
