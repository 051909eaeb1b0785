package answers

import (
	"crypto/rand"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The texts as captured from the real API.
const (
	textSent     = "Biometric Auth Request successfully sent."
	textApproved = "Biometric Authentication successfully done."
	textDenied   = "Denied - User denied biometric authentication."
	textPending  = "Authentication pending"
	textHours    = "You are not within the timezone."
	textGeofence = "You are not within the geofencing location."
	textExpired  = "Authentication request expired: the 5-minute window was exceeded."
	textRejected = "Authentication failed: biometric rejected."

	textSubmitted = "Biometric and geo-fence authentication results submitted."

	titleInvalid = "Invalid details"

	bodyForbidden = `{"message":"Forbidden"}`
	bodyNoRoute   = `{"message":"Missing Authentication Token"}`
	bodyUnsigned  = `{"message":"Invalid signature"}`
	bodyTooLong   = `{"message":"Request Too Long"}`

	instances = "/services/ivalt_apis/ivalt_laravel_api/public/api/"
)

// stamp is how debug.timestamp is written.
const stamp = "2006-01-02T15:04:05.000000Z"

// Reply is one answer before it leaves: made whole, so that a fault can bend it.
type Reply struct {
	Status int
	Body   []byte
	Type   string      // Content-Type; empty is JSON
	Header http.Header // further headers
}

// plain is an answer outside of the envelope: the gateway's own.
func plain(status int, body string) Reply { return Reply{Status: status, Body: []byte(body)} }

// data is an answer of the application that went well; details is JSON.
func data(status int, now time.Time, message string, details []byte) Reply {
	b := make([]byte, 0, 512)
	b = append(b, `{"data":{"status":true,"message":`...)
	b = appendText(b, message)
	b = append(b, `,"details":`...)
	b = append(b, details...)
	b = append(b, `},"error":null,`...)
	return Reply{Status: status, Body: appendDebug(b, now)}
}

// problem is an answer of the application that did not go well.
func problem(status int, now time.Time, title, detail, instance string) Reply {
	b := make([]byte, 0, 512)
	b = append(b, `{"data":null,"error":`...)
	b = appendProblem(b, status, title, detail, instance)
	b = append(b, ',')
	return Reply{Status: status, Body: appendDebug(b, now)}
}

func appendProblem(b []byte, status int, title, detail, instance string) []byte {
	b = append(b, `{"type":"https://httpstatuses.com/`...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, `","title":`...)
	b = appendText(b, title)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, `,"detail":`...)
	b = appendText(b, detail)
	b = append(b, `,"instance":`...)
	b = appendText(b, instances+instance)
	return append(b, '}')
}

// appendDebug ends an envelope.
func appendDebug(b []byte, now time.Time) []byte {
	b = append(b, `"debug":{"timestamp":"`...)
	b = now.UTC().AppendFormat(b, stamp)
	b = append(b, `","activityId":"`...)
	b = appendActivity(b)
	return append(b, `"}}`...)
}

// appendActivity adds 22 random letters and digits.
func appendActivity(b []byte) []byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	var raw [22]byte
	_, _ = rand.Read(raw[:]) // never fails: it ends the process instead
	for _, r := range raw {
		b = append(b, alphabet[r%64])
	}
	return b
}

// Invalid is Laravel's refusal of a body.
func Invalid(field, message string) Reply {
	b := appendText([]byte(`{"message":`), message)
	b = append(b, `,"errors":{"`+field+`":[`...)
	b = appendText(b, message)
	return Reply{Status: http.StatusUnprocessableEntity, Body: append(b, `]}}`...)}
}

// details is the person as an approval shows them.
func details(a Ask) []byte {
	country, rest := splitMobile(a.Mobile)
	b := make([]byte, 0, 256)
	b = append(b, `{"id":`...)
	b = strconv.AppendUint(b, uint64(identity(a.Mobile)), 10)
	for _, m := range [...]struct{ name, value string }{
		{"name", a.Name},
		{"email", a.Email},
		{"country_code", country},
		{"mobile", rest},
		{"latitude", "30.7046"},
		{"longitude", "76.7179"},
		{"imei", "000000000000000"},
		{"address", "Rehearsal Street 1"},
	} {
		b = append(b, `,"`+m.name+`":`...)
		b = appendText(b, m.value)
	}
	if a.Request != "" {
		b = appendText(append(b, `,"request_id":`...), a.Request)
	}
	return append(b, '}')
}

// found is the person as a look-up shows them.
func found(a Ask) []byte {
	b := append(make([]byte, 0, 192), `{"user_id":`...)
	b = strconv.AppendUint(b, uint64(identity(a.Mobile)), 10)
	b = append(b, `,"email":`...)
	b = appendText(b, a.Email)
	b = append(b, `,"mobile_with_country_code":`...)
	b = appendText(b, a.Mobile)
	if a.Inactive {
		return append(b, `,"status":"inactive"}`...)
	}
	return append(b, `,"status":"active"}`...)
}

// identity is a number that stays with a mobile, as a row's key would.
func identity(mobile string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(mobile))
	return h.Sum32() % 1_000_000
}

// appendText adds a JSON string. Plain ASCII, which is nearly all, takes the short way.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil {
				return append(b, `""`...)
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// Write sends the answer.
func (r Reply) Write(w http.ResponseWriter) {
	r.writeHead(w)
	_, _ = w.Write(r.Body)
}

// writeHalf announces the whole answer, and sends half of it.
func (r Reply) writeHalf(w http.ResponseWriter) {
	r.writeHead(w)
	_, _ = w.Write(r.Body[:len(r.Body)/2])
	_ = http.NewResponseController(w).Flush() // a writer that cannot flush only sends it later
}

func (r Reply) writeHead(w http.ResponseWriter) {
	h := w.Header()
	for name, values := range r.Header {
		h[name] = values
	}
	kind := r.Type
	if kind == "" {
		kind = "application/json"
	}
	h["Content-Type"] = []string{kind}
	h["Content-Length"] = []string{strconv.Itoa(len(r.Body))}
	w.WriteHeader(r.Status)
}

// splitMobile cuts a number into country code and the rest, the way that details carry it. The codes of one and two
// digits are listed; all others have three.
func splitMobile(mobile string) (country, rest string) {
	const two = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "
	if len(mobile) < 5 {
		return "", mobile
	}
	n := 4
	switch {
	case mobile[1] == '1' || mobile[1] == '7':
		n = 2
	case strings.Contains(two, " "+mobile[1:3]+" "):
		n = 3
	}
	return mobile[:n], mobile[n:]
}
