// Package page is the web page of the operator's window: server-rendered templates with htmx and server-sent events, and a chart. All of it is
// in the binary; nothing is fetched from anywhere else.
package page
