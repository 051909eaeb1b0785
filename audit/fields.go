package audit

// EventType implements Event.
func (Attempt) EventType() Type { return AuthenticationAttempt }

// Message implements Event.
func (Attempt) Message() string { return "attempt concluded" }

// AppendFields implements Event.
func (a Attempt) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"attempt":`, a.Attempt)
	dst = appendText(dst, `,"client":`, a.Client)
	dst = appendText(dst, `,"nas":`, a.NAS)
	dst = appendText(dst, `,"user":`, a.User)
	dst = appendText(dst, `,"calling_station":`, a.CallingStation)
	dst = appendText(dst, `,"decision":`, a.Decision)
	dst = appendText(dst, `,"rule":`, a.Rule)
	dst = appendList(dst, `,"factors":`, a.Factors)
	dst = appendText(dst, `,"verdict":`, a.Verdict)
	dst = appendText(dst, `,"reason":`, a.Reason)
	dst = appendNumber(dst, `,"duration_ms":`, count(a.Duration.Milliseconds()))
	dst = appendMasked(dst, `,"mobile":`, a.Mobile)
	dst = appendNumber(dst, `,"exchanges":`, count(int64(a.Exchanges)))
	dst = appendNumber(dst, `,"packets":`, count(int64(a.Packets)))
	dst = appendNumber(dst, `,"last_packet_ms":`, count(a.LastPacket.Milliseconds()))
	return appendDetail(dst, a.Detail)
}

// count is n as a number of things; a clock that was set back makes none.
func count(n int64) uint64 { return uint64(max(0, n)) }

// EventType implements Event.
func (System) EventType() Type { return SystemEvent }

// Message implements Event.
func (System) Message() string { return "system event" }

// AppendFields implements Event.
func (s System) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"event":`, s.Event)
	return appendDetail(dst, s.Detail)
}

// EventType implements Event.
func (Security) EventType() Type { return SecurityEvent }

// Message implements Event.
func (Security) Message() string { return "security event" }

// AppendFields implements Event.
func (s Security) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"event":`, s.Event)
	dst = appendText(dst, `,"attempt":`, s.Attempt)
	dst = appendText(dst, `,"client":`, s.Client)
	dst = appendText(dst, `,"user":`, s.User)
	dst = appendText(dst, `,"calling_station":`, s.CallingStation)
	return appendDetail(dst, s.Detail)
}

// EventType implements Event.
func (Configuration) EventType() Type { return ConfigurationChange }

// Message implements Event.
func (Configuration) Message() string { return "configuration change" }

// AppendFields implements Event.
func (c Configuration) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"event":`, c.Event)
	dst = appendText(dst, `,"digest":`, c.Digest)
	dst = appendDetail(dst, c.Detail)
	dst = append(dst, `,"changes":[`...)
	for i, change := range c.Changes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, `{"key":`, change.Key)
		dst = appendText(dst, `,"before":`, change.Before)
		dst = append(appendText(dst, `,"after":`, change.After), '}')
	}
	return append(dst, ']')
}

// EventType implements Event.
func (Action) EventType() Type { return UserAction }

// Message implements Event.
func (Action) Message() string { return "user action" }

// AppendFields implements Event.
func (a Action) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"action":`, a.Action)
	dst = appendText(dst, `,"actor":`, a.Actor)
	dst = appendText(dst, `,"target":`, a.Target)
	return appendDetail(dst, a.Detail)
}

// EventType implements Event: what a session did is what its user did.
func (Accounting) EventType() Type { return UserAction }

// Message implements Event.
func (Accounting) Message() string { return "accounting" }

// AppendFields implements Event. Its first member tells it from an Action.
func (a Accounting) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"action":`, "accounting")
	dst = appendText(dst, `,"client":`, a.Client)
	dst = appendText(dst, `,"nas":`, a.NAS)
	dst = appendText(dst, `,"user":`, a.User)
	dst = appendText(dst, `,"calling_station":`, a.CallingStation)
	dst = appendText(dst, `,"status":`, a.Status)
	dst = appendText(dst, `,"session":`, a.Session)
	dst = appendText(dst, `,"framed_ip":`, a.FramedIP)
	dst = appendNumber(dst, `,"session_time":`, uint64(a.SessionTime))
	dst = appendNumber(dst, `,"input_octets":`, a.InputOctets)
	dst = appendNumber(dst, `,"output_octets":`, a.OutputOctets)
	return appendNumber(dst, `,"terminate_cause":`, uint64(a.TerminateCause))
}
