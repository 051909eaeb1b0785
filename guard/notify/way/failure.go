package way

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// Error is why a message did not go, in words of this package. It wraps nothing, since what it would wrap quotes URLs and the other
// side's words.
type Error struct {
	What      string
	Permanent bool          // this message will never be taken
	After     time.Duration // the receiver asks for so much patience; 0: it does not
}

// Error says it.
func (f *Error) Error() string { return f.What }

// failure is one that may pass.
func failure(what string) *Error { return &Error{What: what} }

// connection says why there is none, or no more.
func connection(err error) *Error {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert *net.OpError // whose Op tells alerts of TLS from what the network says
	var timeout net.Error
	switch {
	case errors.As(err, &name):
		return failure("its name is not known")
	case errors.As(err, &certificate):
		return failure("its certificate is not accepted: it must be signed by ca_file or the system's roots, be valid, and name the host")
	case errors.As(err, &record), errors.As(err, &alert) && (alert.Op == "remote error" || alert.Op == "local error"):
		return failure("the TLS handshake failed")
	case errors.Is(err, syscall.ECONNREFUSED):
		return failure("the connection is refused")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return failure("there is no way to its host")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return failure("it does not answer in time")
	case errors.Is(err, errNotLoopback):
		return failure(errNotLoopback.Error())
	}
	return failure("the connection failed")
}
