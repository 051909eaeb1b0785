// Package render shows a report: as text for a terminal of 80 columns, as JSON, and as one HTML page that needs nothing else.
//
// Every name in a report may be an attacker's. Text shows no character that a terminal or a reader's eye obeys; JSON is ASCII; the page
// has every text escaped by html/template, no script, no link, and a content security policy that lets nothing in but its own style,
// by digest.
package render
