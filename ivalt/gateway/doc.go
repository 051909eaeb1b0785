// Package gateway is the iVALT API as one client sees it: three calls, and what their answers mean. It keeps nothing between calls
// and decides nothing about a login; package ivalt does.
//
// Settings say where the API is and how it is reached (settings.go, paths.go, transport.go); package signature signs requests. A
// Client posts one request and reads its answer, whole and bounded (client.go, request.go). An answer is one strict JSON object or none
// (strict.go), and its meaning is a Class: the rows of the classification table in docs/ivalt.md (class.go, classify.go). Only
// the full proof is Approved, and only a poll can give it (proof.go). Why there was no usable answer is a Why with a cause that is fit
// for a log (why.go). For package probe, Raw is an exchange as it came (raw.go). Everything behind the client is a pure function of the
// octets that came back, the question that was asked, and the time.
package gateway
