package logger

import (
	"io"
	"sync"
	"time"
)

// waitingLimit bounds the octets that wait for a slow reader of the log; beyond it lines are dropped and counted. The audit trail
// has its own way to the disk.
const waitingLimit = 4 << 20

// closeWithin bounds how long a stuck reader can hold up the end of the process.
const closeWithin = 2 * time.Second

// lineWriter gathers lines and hands them to a writer from one goroutine, as many at once as there are.
type lineWriter struct {
	out  io.Writer
	say  func(dropped int) []byte // the line about dropped ones
	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	waiting []byte
	dropped int
	closed  bool
}

func newLineWriter(w io.Writer, say func(int) []byte) *lineWriter {
	l := &lineWriter{out: w, say: say, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go l.run()
	return l
}

// Write takes a whole line. It never blocks on the output and never fails.
func (l *lineWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.waiting)+len(line) > waitingLimit {
		l.dropped++
		return len(line), nil
	}
	l.waiting = append(l.waiting, line...)
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return len(line), nil
}

func (l *lineWriter) run() {
	defer close(l.done)
	var spare []byte
	for range l.wake {
		spare = l.flush(spare)
	}
	l.flush(spare)
}

// flush writes what waits, and lets new lines gather in spare meanwhile. It returns the next spare.
func (l *lineWriter) flush(spare []byte) []byte {
	l.mu.Lock()
	lines, dropped := l.waiting, l.dropped
	l.waiting, l.dropped = spare[:0], 0
	l.mu.Unlock()
	if dropped > 0 {
		lines = append(lines, l.say(dropped)...)
	}
	if len(lines) > 0 {
		_, _ = l.out.Write(lines) // where the log cannot be written there is nowhere to say so
	}
	return lines
}

func (l *lineWriter) close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.wake)
	}
	l.mu.Unlock()
	select {
	case <-l.done:
	case <-time.After(closeWithin):
	}
}
