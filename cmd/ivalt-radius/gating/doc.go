// Package gating makes the gate's settings of the configuration's.
package gating
