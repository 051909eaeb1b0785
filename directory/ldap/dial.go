package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	ber "github.com/go-asn1-ber/asn1-ber"
	ldap "github.com/go-ldap/ldap/v3"
)

// startTLS is the extended operation's name (RFC 4511 section 4.14.1).
const startTLS = "1.3.6.1.4.1.1466.20037"

// dialer opens connections.
type dialer struct {
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	tls   *tls.Config // without the server's name
	plain bool        // no StartTLS
}

// open connects, with TLS wherever the settings do not leave it out. The error is an outage.
func (d dialer) open(ctx context.Context, e endpoint, k kind) (*conn, error) {
	raw, err := d.dial(ctx, "tcp", e.address)
	if err != nil {
		return nil, &outage{why: inPlainWords(ctx, err)}
	}
	l := &line{Conn: raw}
	l.left.Store(mostOctets)
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	wire, err := d.secure(ctx, e, l)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = l.Close()
		if o := (*outage)(nil); errors.As(err, &o) {
			return nil, o
		}
		return nil, &outage{why: inPlainWords(ctx, err)}
	}
	lib := ldap.NewConn(wire, wire != net.Conn(l))
	lib.Start()
	return &conn{line: l, lib: lib, kind: k}, nil
}

// secure does TLS, at once or by StartTLS. Without a verified server there is no connection: never a plain one in its place.
func (d dialer) secure(ctx context.Context, e endpoint, l *line) (net.Conn, error) {
	if !e.tls {
		if d.plain {
			return l, nil
		}
		if err := askForTLS(l); err != nil {
			return nil, err
		}
	}
	config := d.tls.Clone()
	config.ServerName = e.host
	secured := tls.Client(l, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return secured, nil
}

// askForTLS has the server start TLS (RFC 4511 section 4.14). It reads the one answer to its last octet and no further, so nothing
// that was said in the clear is taken for what the verified server says.
func askForTLS(l *line) error {
	request := ber.NewSequence("LDAPMessage")
	request.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 1, "messageID"))
	operation := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationExtendedRequest, nil, "ExtendedRequest")
	operation.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, startTLS, "requestName"))
	request.AppendChild(operation)
	if _, err := l.Write(request.Bytes()); err != nil {
		return err
	}
	answer, err := ber.ReadPacket(l)
	if err != nil {
		return err
	}
	if len(answer.Children) < 2 || answer.Children[1].Tag != ldap.ApplicationExtendedResponse {
		return &outage{why: "answers StartTLS with something else"}
	}
	if err := ldap.GetLDAPError(answer); err != nil {
		return &outage{why: "refuses StartTLS with " + inWords(answerOf(err)) + ": has it a certificate?"}
	}
	return nil
}
