// Package label is the text that a push shows on the phone, from the operator's template.
package label
