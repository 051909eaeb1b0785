package syslog

import (
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Facility is that of every message: 10, "security/authorization messages" (authpriv). RFC 5424 section 6.2.1 has 13, "log audit",
// too, and says that systems use 4, 10, 13 and 14 for the same; 10 is the one that the rules of common receivers keep in a file which
// few may read, and the records name people.
const Facility = 10

// Severity is that of RFC 5424 section 6.2.1; the smaller, the worse.
type Severity uint8

// The severities that a record can have.
const (
	Warning Severity = 4
	Notice  Severity = 5
	Info    Severity = 6
)

// App is the APP-NAME of every message.
const App = "ivalt-radius"

// MaxDatagram is the longest message that goes into one datagram. RFC 5426 section 3.2 promises 480 octets and wants receivers to
// take 2,048; common ones take 8,192, and a record that is cut is worth less than one that travels in fragments.
const MaxDatagram = 8192

// cutMark ends a message of which something is missing.
const cutMark = " (cut)"

// Header is what the messages of one process have in common.
type Header struct{ middle string }

// NewHeader is the header of this process on this host.
func NewHeader() Header {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	return newHeader(host, os.Getpid())
}

func newHeader(host string, pid int) Header {
	return Header{" " + printable(host, 255) + " " + App + " " + strconv.Itoa(pid) + " "}
}

// printable is a text as a field of the header may be: PRINTUSASCII, of a length, and "-" where nothing is left.
func printable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), most)]
}

// Message is one record.
type Message struct {
	Severity Severity
	Time     time.Time
	ID       string // MSGID: the record's type
	Seq      uint64 // from 1; becomes the sequenceId of the element "meta" (section 7.3.1), which begins anew with 1 behind 2,147,483,647
	Text     []byte // MSG: one line. No BOM stands before it, so it is MSG-ANY: readers of JSON and CEF want none
}

// maxSequence is the greatest sequenceId.
const maxSequence = 1<<31 - 1

// Append appends the message. Time is rendered in UTC with six digits, the most that the RFC has.
func (h Header) Append(dst []byte, m Message) []byte {
	dst = append(dst, '<')
	dst = strconv.AppendUint(dst, uint64(Facility)*8+uint64(m.Severity&7), 10)
	dst = append(dst, ">1 "...)
	dst = m.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000Z")
	dst = append(dst, h.middle...)
	dst = append(dst, printable(m.ID, 32)...)
	dst = append(dst, ` [meta sequenceId="`...)
	dst = strconv.AppendUint(dst, (max(m.Seq, 1)-1)%maxSequence+1, 10)
	dst = append(dst, `"] `...)
	return append(dst, m.Text...)
}

// Cut makes a message fit a size, and reports whether it had to. What is cut ends with " (cut)", at the end of a character.
func Cut(message []byte, size int) ([]byte, bool) {
	if len(message) <= size {
		return message, false
	}
	message = message[:max(0, size-len(cutMark))]
	for i := len(message) - 1; i >= max(0, len(message)-utf8.UTFMax); i-- {
		if utf8.RuneStart(message[i]) {
			if !utf8.FullRune(message[i:]) {
				message = message[:i]
			}
			break
		}
	}
	return append(message, cutMark...), true
}

// AppendFrame appends a message for a stream: its length in octets, a space, the message (RFC 6587 section 3.4.1, RFC 5425 section
// 4.3). Whatever a message holds, the next one begins where its length says.
func AppendFrame(dst, message []byte) []byte {
	dst = strconv.AppendInt(dst, int64(len(message)), 10)
	return append(append(dst, ' '), message...)
}
