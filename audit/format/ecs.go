package format

import (
	"slices"
	"strconv"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
)

// ecsVersion is the version of the Elastic Common Schema whose fields and values are used.
const ecsVersion = "8.11.0"

// ecs is the Elastic Common Schema, as nested objects. What it has no field for stands under ivalt_radius, by the trail's names; an
// empty member is left out. source.ip is there only where the calling station is an IP address, source.address always.
type ecs struct {
	always []byte // the members that never change, a comma behind them
	rest   []column
}

func newECS(version, host string) ecs {
	e := ecs{always: append([]byte(`"ecs":{"version":"`+ecsVersion+`"},`), constant("observer", "vendor", vendor, "product", product,
		"type", "radius", "version", version, "hostname", host)...)}
	e.always = append(append(e.always, ','), constant("service", "name", product, "type", "radius", "version", version)...)
	e.always = append(e.always, ',')
	placed := []string{"time", "seq", "user", "calling_station", "hash", "endpoint", "request_id", "reason", "detail"}
	e.rest = slices.DeleteFunc(columns(), func(c column) bool { return slices.Contains(placed, c.name) })
	return e
}

// Header implements Format.
func (ecs) Header() []byte { return nil }

// Append implements Format.
func (e ecs) Append(dst []byte, r *query.Record) []byte {
	o := &object{append(dst, '{')}
	o.text("@timestamp", r.Time.UTC().Format(time.RFC3339Nano))
	o.text("message", message(r))
	o.dst = append(append(o.dst, ','), e.always...)
	o.dst = o.dst[:len(o.dst)-1]
	o.within("event", func() { event(o, r) })
	o.within("user", func() { o.text("name", r.User) })
	ip := ""
	if a, ok := address(r.CallingStation); ok {
		ip = a.String()
	}
	o.within("source", func() {
		o.text("address", r.CallingStation)
		o.text("ip", ip)
	})
	o.within("url", func() { o.text("path", r.Endpoint) })
	o.within("http", func() {
		o.within("request", func() { o.text("id", r.RequestID) })
		if v := status(r); v.kind == number {
			o.within("response", func() { o.number("status_code", v.text) })
		}
	})
	o.within("related", func() {
		o.texts("user", r.User)
		o.texts("ip", ip)
		o.texts("hosts", r.NAS)
	})
	o.within(fieldSet, func() {
		for _, c := range e.rest {
			v := c.of(r)
			if c.name == "status" && v.kind == number { // http.response.status_code; a field has one type
				continue
			}
			o.member(c.name, v)
		}
	})
	return append(o.dst, '}')
}

// fieldSet is where the fields stand that ECS does not have, and dataset what they are.
const (
	fieldSet = "ivalt_radius"
	dataset  = "ivalt_radius.audit"
)

// event is the field set of ECS that says what kind of event this is.
func event(o *object, r *query.Record) {
	kind, category, types := "event", "process", []string{"info"}
	switch r.Type {
	case audit.AuthenticationAttempt.String():
		category, types = "authentication", []string{"start"}
	case audit.APIRequest.String():
		category, types = "web", []string{"access"}
	case audit.SecurityEvent.String():
		kind, category = "alert", "intrusion_detection"
	case audit.ConfigurationChange.String():
		category, types = "configuration", []string{"change"}
	case audit.DataAccess.String():
		category, types = "file", []string{"access"}
	case audit.UserAction.String():
		category, types = action(r)
	default:
		types = []string{phase(r.Event)}
	}
	o.text("kind", kind)
	o.texts("category", category)
	o.texts("type", types...)
	o.text("outcome", outcome(r))
	o.text("action", deed(r))
	o.text("reason", r.Reason)
	o.text("id", r.Hash)
	o.text("hash", r.Hash)
	o.number("sequence", strconv.FormatUint(r.Seq, 10))
	o.number("severity", strconv.Itoa(Severity(r)))
	if r.DurationMS > 0 {
		o.number("duration", strconv.FormatInt(r.DurationMS, 10)+"000000") // nanoseconds
	}
	o.text("module", fieldSet)
	o.text("dataset", dataset)
}

// action is category and types of what somebody did: of accounting, which a session does, or by hand.
func action(r *query.Record) (category string, types []string) {
	if r.Action != "accounting" {
		return "iam", []string{"admin", "change"}
	}
	switch s := status(r).text; s {
	case "start", "accounting_on":
		return "session", []string{"start"}
	case "stop", "accounting_off":
		return "session", []string{"end"}
	}
	return "session", []string{"info"}
}

// phase is the type of a system event.
func phase(event string) string {
	switch event {
	case "started":
		return "start"
	case "stopped":
		return "end"
	}
	return "info"
}

// deed is what was done: of a login the login, whose reason has a field of its own.
func deed(r *query.Record) string {
	if r.Type == audit.AuthenticationAttempt.String() {
		return "login"
	}
	return word(r)
}

// message is the sentence that a viewer shows first.
func message(r *query.Record) string {
	if r.Detail != "" {
		return r.Detail
	}
	return word(r)
}
