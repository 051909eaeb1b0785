// Package standing is how pushes and the endpoints that they need stand at one moment, for people who look.
package standing
