// Package kept makes something once for all who look at it within a while.
package kept
