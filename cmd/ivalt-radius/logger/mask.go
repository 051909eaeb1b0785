package logger

import (
	"fmt"
	"maps"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit/mask"
)

// whole reports the fields that are ours by their type: names, identifiers, digests, addresses and places of the code. They stay as
// they are: the login name too, which may be an e-mail address.
func whole(field string) bool {
	switch field {
	case "user", "attempt", "client", "calling_station", "nas", "rule", "request_id", "hash", "prev", "last_hash", "digest", "settings", "address",
		"authentication", "accounting", "version", "stack":
		return true
	}
	return false
}

// masked is a text of a log line as it may be shown.
func masked(field, text string) string {
	if whole(field) {
		return text
	}
	return mask.Text(text)
}

// textLines is logrus' own form of a line, of masked texts.
type textLines struct{ logrus.TextFormatter }

// Format implements logrus.Formatter.
func (t *textLines) Format(e *logrus.Entry) ([]byte, error) {
	shown := logrus.Entry{
		Logger: e.Logger, Data: maps.Clone(e.Data), Time: e.Time, Level: e.Level, Caller: e.Caller, Message: mask.Text(e.Message), Buffer: e.Buffer,
	}
	for name, v := range shown.Data {
		switch v := v.(type) {
		case error:
			shown.Data[name] = masked(name, v.Error())
		case fmt.Stringer:
			shown.Data[name] = masked(name, v.String())
		case string:
			shown.Data[name] = masked(name, v)
		case int, int64, uint64, bool, float64:
		default:
			shown.Data[name] = masked(name, fmt.Sprint(v))
		}
	}
	return t.TextFormatter.Format(&shown)
}
