package trail

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/output"
)

// rows is the form for a person's eyes: the local time, type, user (or who did it), client, reason or what happened, duration, and the detail.
type rows struct{}

// Header implements format.Format.
func (rows) Header() []byte { return nil }

// Append implements format.Format. Nothing in a record reaches the terminal but as text.
func (rows) Append(dst []byte, r *query.Record) []byte {
	who, what, detail := r.User, r.Reason, r.Detail
	took := ""
	switch r.Type {
	case audit.AuthenticationAttempt.String():
		took = duration(r.DurationMS)
	case audit.APIRequest.String():
		what, took = r.Call+" "+r.Class, duration(r.DurationMS)
		detail = fmt.Sprintf("%s %s", r.Endpoint, r.Status)
	case audit.DataAccess.String(), audit.UserAction.String():
		target := r.Target
		if strings.HasPrefix(r.Detail, target) { // as that of a hold
			target = ""
		}
		who, what, detail = cmp.Or(r.User, r.Actor), r.Action, words(target, r.Filter, r.Detail, r.FramedIP)
	default:
		what, detail = r.Event, words(r.File, r.Detail)
	}
	row := fmt.Sprintf("%s  %-22s  %-24s  %-14s  %-18s  %8s  %s",
		r.Time.Local().Format(time.DateTime), output.Text(r.Type), output.Text(who), output.Text(r.Client), output.Text(what), took, output.Text(detail)) //nolint:gosmopolitan // for the operator's eyes
	return append(dst, strings.TrimRight(row, " ")...)
}

// words joins what is not empty.
func words(all ...string) string { return strings.Join(strings.Fields(strings.Join(all, " ")), " ") }

func duration(ms int64) string {
	return (time.Duration(ms) * time.Millisecond).Round(10 * time.Millisecond).String()
}
