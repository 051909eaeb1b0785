// Package radiusd lays out Debian's FreeRADIUS in a folder of its own, for tests and benchmarks that run it.
package radiusd
