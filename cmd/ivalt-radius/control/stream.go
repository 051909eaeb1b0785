package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
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
	return ask(ctx, dir, path, streamFor, http.NoBody, func(answer io.Reader) error {
		if _, err := io.Copy(to, answer); err != nil {
			return fmt.Errorf("reading the running server's answer: %w", err)
		}
		return nil
	})
}
