// Package audittest writes trails for tests and benchmarks: a plausible working life of a server, drawn by lot from a seed.
package audittest
