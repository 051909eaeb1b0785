package link

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ivalt-radius/audit/ship/syslog"
)

// UDP is syslog over UDP: one message a datagram, cut at syslog.MaxDatagram.
type UDP struct {
	Address string
	Header  syslog.Header
}

// Manner implements Target. A receiver's socket holds some hundred datagrams, and what comes while it is full is lost.
func (UDP) Manner() Manner {
	return Manner{Settle: 2 * time.Second, Burst: 50, Rest: 10 * time.Millisecond}
}

// Open implements Target.
func (u UDP) Open(ctx context.Context) (Link, error) {
	conn, err := dial(ctx, "udp", u.Address)
	if err != nil {
		return nil, err
	}
	return newDatagram(ctx, conn, func(dst []byte, m syslog.Message) []byte { return u.Header.Append(dst, m) }, syslog.MaxDatagram), nil
}

// Journal is systemd-journald, by its native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/).
type Journal struct {
	Socket string // empty: /run/systemd/journal/socket
}

// Manner implements Target.
func (Journal) Manner() Manner { return Manner{Settle: time.Second, Burst: 1000} }

// journalSocket is where journald listens, and mostJournal the text of a record that fits a datagram of its socket.
const (
	journalSocket = "/run/systemd/journal/socket"
	mostJournal   = 64 << 10
)

// Open implements Target.
func (j Journal) Open(ctx context.Context) (Link, error) {
	socket := j.Socket
	if socket == "" {
		socket = journalSocket
	}
	conn, err := dial(ctx, "unixgram", socket)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{"journald does not run here: there is no " + socket, nil}
	}
	if err != nil {
		return nil, err
	}
	return newDatagram(ctx, conn, AppendJournal, 0), nil
}

// AppendJournal appends a record as journald's protocol has it. MESSAGE is the text; IVALT_RADIUS_SEQ and IVALT_RADIUS_TYPE are for
// journalctl to select by.
func AppendJournal(dst []byte, m syslog.Message) []byte {
	text, _ := syslog.Cut(m.Text, mostJournal)
	dst = appendField(dst, "MESSAGE", text)
	dst = appendField(dst, "PRIORITY", strconv.AppendUint(nil, uint64(m.Severity), 10))
	dst = appendField(dst, "SYSLOG_FACILITY", strconv.AppendUint(nil, syslog.Facility, 10))
	dst = appendField(dst, "SYSLOG_IDENTIFIER", []byte(syslog.App))
	dst = appendField(dst, "IVALT_RADIUS_SEQ", strconv.AppendUint(nil, m.Seq, 10))
	return appendField(dst, "IVALT_RADIUS_TYPE", []byte(m.ID))
}

// appendField appends NAME=value, or where the value holds a line break the form with its length.
func appendField(dst []byte, name string, value []byte) []byte {
	dst = append(dst, name...)
	if strings.Contains(string(value), "\n") {
		dst = binary.LittleEndian.AppendUint64(append(dst, '\n'), uint64(len(value)))
	} else {
		dst = append(dst, '=')
	}
	return append(append(dst, value...), '\n')
}

// datagram is a connected socket of datagrams.
type datagram struct {
	conn   net.Conn
	encode func(dst []byte, m syslog.Message) []byte
	most   int // 0: the encoding sees to it
	stop   func() bool
	out    []byte
}

func newDatagram(ctx context.Context, conn net.Conn, encode func([]byte, syslog.Message) []byte, most int) *datagram {
	return &datagram{conn: conn, encode: encode, most: most, stop: context.AfterFunc(ctx, func() { _ = conn.Close() })}
}

// Send implements Link.
func (d *datagram) Send(m syslog.Message) (cut bool, err error) {
	d.out = d.encode(d.out[:0], m)
	cut = len(m.Text) > mostJournal
	if d.most > 0 {
		d.out, cut = syslog.Cut(d.out, d.most)
	}
	_ = d.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := d.conn.Write(d.out); err != nil {
		return false, refused(err)
	}
	return cut, nil
}

// refused is what an error of a datagram means.
func refused(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return &Error{"nobody listens", err}
	}
	return &Error{"does not take records", err}
}

// Trouble implements Link: an ICMP "port unreachable" that has come back waits in the socket.
func (d *datagram) Trouble() error {
	number := 0
	socket, ok := d.conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return refused(err)
	}
	if controlErr := raw.Control(func(fd uintptr) {
		number, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
	}); controlErr != nil || err != nil {
		return refused(errors.Join(controlErr, err))
	}
	if number != 0 {
		return refused(syscall.Errno(number))
	}
	return nil
}

// Finish implements Link. Nobody can tell more than Trouble.
func (d *datagram) Finish(context.Context) error { return d.Trouble() }

// Close implements Link.
func (d *datagram) Close() error {
	d.stop()
	return d.conn.Close()
}
