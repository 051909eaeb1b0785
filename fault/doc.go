// Package fault is one sentence about a setting: which key, and what is wrong with it.
//
// Every room checks the settings that it owns and returns a List; config adds the line of each key, and `check` prints
// them all together. The package imports nothing of ours, so that every room may speak of faults without knowing config.
package fault
