// Package viewtest fills documents for tests, so that none of their fields is silent. Nothing of it is in the binary.
package viewtest
