package radius

import (
	"net/netip"

	"ivalt-radius/radius/accounting"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth/sessions"
)

// Sessions are told who is in; *sessions.Table of radius/dynauth/sessions is one. Both methods are safe for concurrent use and never wait.
type Sessions interface {
	// Admitted tells of a session whose Access-Accept is about to leave.
	Admitted(s sessions.Session)
	// Told tells what an Accounting-Request told, once its record is durable. status is the record's.
	Told(status string, s sessions.Session)
}

// ClientOf is the client that an address belongs to by the settings in force, nil where there is none.
func (s *Server) ClientOf(addr netip.Addr) *client.Client { return s.table.Load().Find(addr) }

// ClientNamed is the client with a name by the settings in force, nil where there is none.
func (s *Server) ClientNamed(name string) *client.Client { return s.table.Load().Named(name) }

// session is what a packet that is believed says of a session, copied out of the datagram; nil where nobody asks.
func (s *Server) session(x *exchange, q question) *sessions.Session {
	if s.sessions == nil {
		return nil
	}
	in := &sessions.Session{
		Client: x.client.Auth.Name, Source: x.source.Addr().Unmap(), Local: x.local, Key: q.key,
		Attributes: sessions.Identify(q.packet), Heard: x.heard.First(),
	}
	if !in.Local.IsValid() {
		in.Local = x.socket.Addr().Addr()
	}
	in.Local = in.Local.Unmap()
	if q.told == nil {
		in.User, in.Station = person(x.client, q.request.Username), q.request.From
		return in
	}
	in.User, in.Measure = person(x.client, q.told.User), accounting.Measured(q.packet.Attributes, in.Heard)
	_, in.Station = x.client.CallingStation(q.packet) // as of a login
	return in
}

// person is the canonical name that a login with this one has; empty where it has none.
func person(c *client.Client, name string) string {
	user, err := c.Auth.Rules.Name(name)
	if err != nil {
		return ""
	}
	return user.String()
}
