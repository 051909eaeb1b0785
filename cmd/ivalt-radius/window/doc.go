// Package window puts the operator's window together: who may look through it by the settings, the checks of readiness, and the listener with what
// others show on it.
package window
