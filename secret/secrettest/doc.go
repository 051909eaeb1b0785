// Package secrettest makes keys and certificates for tests; nothing of it is in the binary.
package secrettest
