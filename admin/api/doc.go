// Package api is /api/v1: what the terminal's commands do, for machines.
//
//	request ──> Door (who is it, may it) ──> route: fields ──> Desk ──> answer, or a problem (RFC 9457)
//	                                           │
//	                                           └──> the OpenAPI document, and the table in docs/api.md
//
// One table of routes (routes.go) says what there is: method, path, permission, fields, and the type of the answer. Handlers, document and
// docs follow from it. The answers are the documents of the commands (--json); a list without elements is [], never null.
//
// What is asked is read strictly: unknown, repeated and empty fields are refused, and no text reaches the server that is no UTF-8, or steers a
// terminal. A problem never repeats a value, which may be a password in the wrong place.
package api
