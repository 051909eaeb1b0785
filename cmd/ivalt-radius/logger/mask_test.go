package logger

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
)

type spoken string

func (s spoken) String() string { return string(s) }

// TestNothingPersonalInALine: whatever comes into a message or a field is masked, in both forms, but our own names and identifiers.
func TestNothingPersonalInALine(t *testing.T) {
	const (
		email  = "canary@mail.example"
		key    = "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
		mobile = "+4917012399881"
		digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	)
	all := email + " " + key + " " + mobile
	for _, format := range []string{"json", "text"} {
		line := logged(t, "info", format, func(l *Logger) {
			l.WithError(errors.New("no " + all)).WithFields(logrus.Fields{
				"spoken": spoken(all), "text": all, "list": []string{all, "x"}, "nested": map[string]any{"a": "<" + all}, "n": 5, "blank": "", "octets": []byte{1},
			}).Warn("it is " + all)
			l.Event(logrus.WarnLevel, audit.Security{Event: "x", User: "someone", Detail: all})
		})
		for _, canary := range []string{email, key, mobile[1:10]} {
			if strings.Contains(line, canary) {
				t.Errorf("%s: %s stands in %s", format, canary, line)
			}
		}
		if strings.Count(line, "[EMAIL_MASKED] [API_KEY_MASKED] +***********81") < 7 {
			t.Errorf("%s: masked otherwise: %s", format, line)
		}
		if first, _, _ := strings.Cut(line, "\n"); format == "json" && !json.Valid([]byte(first)) {
			t.Errorf("no JSON: %s", first)
		}
		own := logged(t, "info", format, func(l *Logger) {
			l.WithFields(logrus.Fields{"user": email, "client": email, "settings": digest, "stack": []string{key}, "fault": "record " + digest + " of 10.0.0.1"}).Info("x")
			l.Event(logrus.InfoLevel, audit.Attempt{User: email, CallingStation: "198.51.100.7"})
		})
		if strings.Contains(own, "MASKED") || strings.Count(own, email) != 3 || strings.Count(own, digest) != 2 {
			t.Errorf("%s: our own fields are masked: %s", format, own)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	l, err := New(io.Discard, "info", "json")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	e := l.WithFields(logrus.Fields{
		"attempt": "1pknd8rz1v5hw0qg", "endpoint": "/biometric-auth-request", "status": 200, "class": "pending", "error": errors.New("the answer took too long: deadline exceeded"),
	})
	e.Message = "a call of iVALT failed"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Formatter.Format(e); err != nil {
			b.Fatal(err)
		}
	}
}
