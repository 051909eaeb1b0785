// Package clockwatch says when somebody sets the machine's clock.
package clockwatch
