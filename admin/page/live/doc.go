// Package live tells all open pages what is shown, by server-sent events: it is built once for all of them, once a second at most and only while
// somebody looks.
package live
