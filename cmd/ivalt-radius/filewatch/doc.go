// Package filewatch notices that a file has changed, by looking at it from time to time.
package filewatch
