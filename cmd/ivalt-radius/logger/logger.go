package logger

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/mask"
)

// Logger is logrus for what happens now and then, and a direct way for events, whose fields the audit room renders. Its methods
// are safe for concurrent use and never wait for the output, Close excepted.
type Logger struct {
	*logrus.Logger
	lines *lineWriter
}

// New logs lines of at least a level (debug, info, warn, error) to w, as json or text. The error names the flag of `serve` that
// is wrong. The Logger wants to be closed.
func New(w io.Writer, level, format string) (*Logger, error) {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, level) {
		return nil, fmt.Errorf("--log-level: %q is not one of debug, info, warn, error", level)
	}
	lowest, err := logrus.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("--log-level: %w", err)
	}
	l := &Logger{Logger: logrus.New()}
	l.SetLevel(lowest)
	switch format {
	case "json":
		l.SetFormatter(jsonLines{})
	case "text":
		l.SetFormatter(&textLines{logrus.TextFormatter{DisableColors: true, FullTimestamp: true, TimestampFormat: time.RFC3339Nano}})
	default:
		return nil, fmt.Errorf("--log-format: %q is not json or text", format)
	}
	l.lines = newLineWriter(w, l.dropped)
	l.SetOutput(l.lines)
	return l, nil
}

// Event logs what happened, with the same fields as the audit trail.
func (l *Logger) Event(level logrus.Level, e audit.Event) {
	if !l.IsLevelEnabled(level) {
		return
	}
	line := make([]byte, 0, 512)
	if _, isJSON := l.Formatter.(jsonLines); isJSON {
		line = append(appendHead(line, time.Now(), level, e.Message()), ',')
	} else {
		line = fmt.Appendf(line, "time=%s level=%s msg=%q {", time.Now().UTC().Format(time.RFC3339Nano), level, e.Message())
	}
	_, _ = l.lines.Write(append(e.AppendFields(line), "}\n"...))
}

// Close writes out what waits, for two seconds at most where the output is stuck. Later lines are lost. A second Close does
// nothing.
func (l *Logger) Close() { l.lines.close() }

// dropped is the line that says how many are missing.
func (l *Logger) dropped(lines int) []byte {
	line, err := l.Formatter.Format(&logrus.Entry{
		Logger: l.Logger, Time: time.Now(), Level: logrus.WarnLevel, Message: "log lines dropped", Data: logrus.Fields{"lines": lines},
	})
	if err != nil {
		return nil // no formatter of ours fails on a number
	}
	return line
}

// jsonLines renders logrus entries with the contract's names: time, level, msg, then the fields by name.
type jsonLines struct{}

// Format implements logrus.Formatter.
func (jsonLines) Format(e *logrus.Entry) ([]byte, error) {
	line := appendHead(nil, e.Time, e.Level, mask.Text(e.Message))
	for _, name := range slices.Sorted(maps.Keys(e.Data)) {
		line = append(audit.AppendString(append(line, ','), name), ':')
		line = appendValue(line, name, e.Data[name])
	}
	return append(line, "}\n"...), nil
}

// appendHead begins a JSON line; it stays open for fields.
func appendHead(dst []byte, at time.Time, level logrus.Level, message string) []byte {
	dst = at.UTC().AppendFormat(append(dst, `{"time":"`...), time.RFC3339Nano)
	dst = append(append(dst, `","level":"`...), level.String()...)
	return audit.AppendString(append(dst, `","msg":`...), message)
}

// appendValue encodes a field: errors and Stringers by their words, texts so that nothing in them can steer a terminal, and all but
// our own names and identifiers masked.
func appendValue(dst []byte, field string, v any) []byte {
	switch v := v.(type) {
	case error:
		return audit.AppendString(dst, masked(field, v.Error()))
	case fmt.Stringer:
		return audit.AppendString(dst, masked(field, v.String()))
	case string:
		return audit.AppendString(dst, masked(field, v))
	case []string:
		dst = append(dst, '[')
		for i, text := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = audit.AppendString(dst, masked(field, text))
		}
		return append(dst, ']')
	}
	out, err := json.Marshal(v)
	if err != nil {
		return append(dst, `"unprintable"`...)
	}
	if strings.IndexByte(`"[{`, out[0]) >= 0 {
		if shown := masked(field, string(out)); shown != string(out) {
			return audit.AppendString(dst, shown) // a text: what was masked may be no JSON any more
		}
	}
	return append(dst, out...)
}
