package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// streamFor bounds an answer that is a stream.
const streamFor = 10 * time.Minute

// Stream writes what a command gets back as octets. Where write fails the connection breaks, so that nobody takes a part for the whole.
func Stream(w http.ResponseWriter, write func(io.Writer) error) {
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(streamFor)); err != nil {
		Answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if write(w) != nil {
		panic(http.ErrAbortHandler)
	}
}

// Fetch asks the running server for octets and writes them. ErrNotRunning where there is none; any other error says that what was
// written is not whole.
func Fetch(ctx context.Context, dir, path string, to io.Writer) error {
	client := http.Client{Timeout: streamFor, Transport: &http.Transport{
		DisableKeepAlives: true, DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(dir, Socket))
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control"+path, http.NoBody)
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
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the running server answers %s", resp.Status)
	}
	if _, err := io.Copy(to, resp.Body); err != nil {
		return fmt.Errorf("reading the running server's answer: %w", err)
	}
	return nil
}
