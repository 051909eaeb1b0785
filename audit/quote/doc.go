// Package quote writes texts from outside so that nothing in them can end a line, forge a member of a JSON object, or steer the
// terminal of the person who reads it.
package quote
