package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
)

// logLimit bounds the lines that wait for a slow reader of stderr; beyond it lines are dropped and counted. The audit
// trail has its own way to the disk.
const logLimit = 4 << 20

// logger is the process's one logger: logrus for what happens now and then, and a direct way for the line of every
// attempt, whose fields the audit room renders.
type logger struct {
	*logrus.Logger
	lines *lineWriter
	text  bool
}

// newLogger writes JSON lines (or text) of at least the given level to w.
func newLogger(w io.Writer, level, format string) (*logger, error) {
	l := &logger{Logger: logrus.New(), lines: newLineWriter(w), text: format == "text"}
	l.SetOutput(l.lines)
	lv, err := logrus.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("--log-level: %q is not one of debug, info, warn, error", level)
	}
	l.SetLevel(lv)
	switch format {
	case "json":
		l.SetFormatter(jsonLines{})
	case "text":
		l.SetFormatter(&logrus.TextFormatter{DisableColors: true, FullTimestamp: true, TimestampFormat: time.RFC3339Nano})
	default:
		return nil, fmt.Errorf("--log-format: %q is not json or text", format)
	}
	return l, nil
}

// Event logs what happened, at info, with the same fields as the audit trail.
func (l *logger) Event(e audit.Event) {
	if !l.IsLevelEnabled(logrus.InfoLevel) {
		return
	}
	line := make([]byte, 0, 512)
	if l.text {
		line = time.Now().UTC().AppendFormat(append(line, "time="...), time.RFC3339Nano)
		line = append(append(append(line, " level=info msg="...), fmt.Sprintf("%q ", e.Message())...), '{')
	} else {
		line = time.Now().UTC().AppendFormat(append(line, `{"time":"`...), time.RFC3339Nano)
		line = append(append(append(line, `","level":"info","msg":"`...), e.Message()...), `",`...)
	}
	line = e.AppendFields(line)
	_, _ = l.lines.Write(append(line, "}\n"...))
}

// Close writes out what waits.
func (l *logger) Close() { l.lines.Close() }

// jsonLines renders logrus entries with the contract's names: time, level, msg, then the fields by name.
type jsonLines struct{}

// Format implements logrus.Formatter.
func (jsonLines) Format(e *logrus.Entry) ([]byte, error) {
	var b bytes.Buffer
	level := e.Level.String()
	fmt.Fprintf(&b, `{"time":%q,"level":%q,"msg":`, e.Time.UTC().Format(time.RFC3339Nano), level)
	b.Write(jsonValue(e.Message))
	for _, name := range slices.Sorted(maps.Keys(e.Data)) {
		b.WriteByte(',')
		b.Write(jsonValue(name))
		b.WriteByte(':')
		b.Write(jsonValue(e.Data[name]))
	}
	b.WriteString("}\n")
	return b.Bytes(), nil
}

// jsonValue encodes one value; errors and Stringers by their words.
func jsonValue(v any) []byte {
	switch t := v.(type) {
	case error:
		v = t.Error()
	case fmt.Stringer:
		v = t.String()
	}
	out, err := json.Marshal(v)
	if err != nil {
		return []byte(`"unprintable"`)
	}
	return out
}

// lineWriter gathers lines and hands them to a writer from one goroutine, as many at once as there are: no login waits for
// the reader of the log.
type lineWriter struct {
	out  io.Writer
	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	waiting []byte
	dropped int
	closed  bool
}

func newLineWriter(w io.Writer) *lineWriter {
	l := &lineWriter{out: w, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go l.run()
	return l
}

// Write takes a whole line. It never blocks on the output and never fails.
func (l *lineWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return l.out.Write(line)
	case len(l.waiting)+len(line) > logLimit:
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
		l.mu.Lock()
		lines, dropped := l.waiting, l.dropped
		l.waiting, l.dropped = spare[:0], 0
		l.mu.Unlock()
		_, _ = l.out.Write(lines)
		if dropped > 0 {
			_, _ = fmt.Fprintf(l.out, `{"time":%q,"level":"warning","msg":"log lines dropped","lines":%d}`+"\n",
				time.Now().UTC().Format(time.RFC3339Nano), dropped)
		}
		spare = lines
	}
}

// Close writes out what waits; later lines are written directly.
func (l *lineWriter) Close() {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.closed = true
	close(l.wake)
	l.mu.Unlock()
	<-l.done
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.out.Write(l.waiting)
	l.waiting = nil
}
