// Package watching brings the settings `guard.detect` to package watch.
package watching
