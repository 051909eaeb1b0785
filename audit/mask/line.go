package mask

import (
	"strconv"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/quote"
)

// members appends a JSON object's members.
type members []byte

func (m members) text(name, value string) members {
	return quote.Append(append(append(append(m, `,"`...), name...), `":`...), value)
}

func (m members) number(name string, value int64) members {
	return strconv.AppendInt(append(append(append(m, `,"`...), name...), `":`...), value, 10)
}

func (m members) count(name string, value uint64) members {
	return strconv.AppendUint(append(append(append(m, `,"`...), name...), `":`...), value, 10)
}

// appendLine appends a masked record as JSON, from its fields alone: the members of its type, in the trail's order.
func appendLine(dst []byte, r *query.Record) []byte {
	dst = r.Time.UTC().AppendFormat(append(dst, `{"time":"`...), time.RFC3339Nano)
	m := members(append(dst, '"')).count("seq", r.Seq).text("type", r.Type)
	switch r.Type {
	case chain.AuthenticationAttempt.String():
		m = m.attempt(r)
	case chain.SecurityEvent.String():
		m = m.text("event", r.Event).text("attempt", r.Attempt).text("client", r.Client).text("user", r.User).
			text("calling_station", r.CallingStation).text("detail", r.Detail)
	case chain.ConfigurationChange.String():
		m = m.text("event", r.Event).text("digest", r.Digest).text("detail", r.Detail).changes(r.Changes)
	case chain.APIRequest.String():
		m = m.text("attempt", r.Attempt).text("call", r.Call).text("endpoint", r.Endpoint).status(r).text("class", r.Class).
			number("duration_ms", r.DurationMS).text("request_id", r.RequestID)
	case chain.UserAction.String():
		m = m.action(r)
	case chain.DataAccess.String():
		m = m.text("action", r.Action).text("actor", r.Actor).text("filter", r.Filter).text("detail", r.Detail)
	default:
		m = m.text("event", r.Event)
		if r.File != "" {
			m = m.text("file", r.File).count("first", r.First).count("last", r.Last)
		}
		m = m.text("detail", r.Detail)
	}
	return append(m, '}')
}

func (m members) attempt(r *query.Record) members {
	m = m.text("attempt", r.Attempt).text("client", r.Client).text("nas", r.NAS).text("user", r.User).text("calling_station", r.CallingStation).
		text("decision", r.Decision).text("rule", r.Rule)
	m = append(m, `,"factors":[`...)
	for i, factor := range r.Factors {
		if i > 0 {
			m = append(m, ',')
		}
		m = quote.Append(m, factor)
	}
	return append(m, ']').text("verdict", r.Verdict).text("reason", r.Reason).number("duration_ms", r.DurationMS).
		text("mobile", r.Mobile).number("exchanges", int64(r.Exchanges)).number("packets", r.Packets).
		number("last_packet_ms", r.LastPacketMS).text("detail", r.Detail)
}

// action is something done by hand, or a session's account.
func (m members) action(r *query.Record) members {
	const accounting = "accounting"
	m = m.text("action", r.Action)
	if r.Action != accounting {
		return m.text("actor", r.Actor).text("target", r.Target).text("detail", r.Detail)
	}
	return m.text("client", r.Client).text("nas", r.NAS).text("user", r.User).text("calling_station", r.CallingStation).status(r).
		text("session", r.Session).text("framed_ip", r.FramedIP).count("session_time", r.SessionTime).count("input_octets", r.InputOctets).
		count("output_octets", r.OutputOctets).count("terminate_cause", r.TerminateCause)
}

// status is a number of an API request, else a word.
func (m members) status(r *query.Record) members {
	if n, err := strconv.ParseUint(string(r.Status), 10, 16); err == nil {
		return m.count("status", n)
	}
	word, err := strconv.Unquote(string(r.Status))
	if err != nil {
		word = ""
	}
	return m.text("status", Text(word))
}

func (m members) changes(all []query.Change) members {
	m = append(m, `,"changes":[`...)
	for i, c := range all {
		if i > 0 {
			m = append(m, ',')
		}
		m = append(append(m, '{'), members(nil).text("key", c.Key).text("before", c.Before).text("after", c.After)[1:]...)
		m = append(m, '}')
	}
	return append(m, ']')
}
