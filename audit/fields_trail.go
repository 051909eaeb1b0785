package audit

// EventType implements Event.
func (APICall) EventType() Type { return APIRequest }

// Message implements Event.
func (APICall) Message() string { return "api request" }

// AppendFields implements Event.
func (c APICall) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"attempt":`, c.Attempt)
	dst = appendText(dst, `,"call":`, c.Call)
	dst = appendText(dst, `,"endpoint":`, c.Endpoint)
	dst = appendNumber(dst, `,"status":`, count(int64(c.Status)))
	dst = appendText(dst, `,"class":`, c.Class)
	dst = appendNumber(dst, `,"duration_ms":`, count(c.Duration.Milliseconds()))
	return appendText(dst, `,"request_id":`, c.RequestID)
}

// EventType implements Event.
func (Access) EventType() Type { return DataAccess }

// Message implements Event.
func (Access) Message() string { return "data access" }

// AppendFields implements Event.
func (a Access) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"action":`, a.Action)
	dst = appendText(dst, `,"actor":`, a.Actor)
	dst = appendText(dst, `,"filter":`, a.Filter)
	return appendDetail(dst, a.Detail)
}

// EventType implements Event.
func (Checkpoint) EventType() Type { return SystemEvent }

// Message implements Event.
func (Checkpoint) Message() string { return "audit checkpoint" }

// AppendFields implements Event.
func (c Checkpoint) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"event":`, CheckpointEvent)
	dst = appendText(dst, `,"key":`, c.Key)
	dst = appendNumber(dst, `,"covers":`, c.Covers)
	dst = appendText(dst, `,"covers_hash":`, c.Hash)
	return appendText(dst, `,"signature":`, c.Signature)
}

// EventType implements Event.
func (Segment) EventType() Type { return SystemEvent }

// Message implements Event.
func (Segment) Message() string { return "audit segment" }

// AppendFields implements Event.
func (s Segment) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"event":`, s.Event)
	dst = appendText(dst, `,"file":`, s.File)
	dst = appendNumber(dst, `,"first":`, s.First)
	dst = appendNumber(dst, `,"last":`, s.Last)
	dst = appendText(dst, `,"last_hash":`, s.Hash)
	return appendDetail(dst, s.Detail)
}

// EventType implements Event.
func (Forgotten) EventType() Type { return UserAction }

// Message implements Event.
func (Forgotten) Message() string { return "person forgotten" }

// AppendFields implements Event.
func (f Forgotten) AppendFields(dst []byte) []byte {
	dst = appendText(dst, `"action":`, ForgetAction)
	dst = appendText(dst, `,"actor":`, f.Actor)
	dst = appendText(dst, `,"target":`, f.Pseudonym)
	dst = append(dst, `,"lines":[`...)
	for i, line := range f.Lines {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendNumber(dst, `{"seq":`, line.Seq)
		dst = append(appendText(dst, `,"digest":`, string(line.Digest[:])), '}')
	}
	dst = append(dst, ']')
	return appendDetail(dst, f.Detail)
}
