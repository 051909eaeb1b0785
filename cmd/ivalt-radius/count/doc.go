// Package count says how many there are of something.
package count
