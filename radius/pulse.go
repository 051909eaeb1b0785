package radius

// Pulse is a look at what could stand still. Whoever compares two of them sees whether the workers get on.
type Pulse struct {
	Sockets, Reading int    // sockets, and those of them that are read
	Queued           int    // datagrams that wait for a worker
	Served           uint64 // that a worker has done with, since the start
}

// Pulse looks without a lock.
func (s *Server) Pulse() Pulse {
	return Pulse{Sockets: len(s.sockets), Reading: int(s.reading.Load()), Queued: len(s.queue), Served: s.served.Load()}
}
