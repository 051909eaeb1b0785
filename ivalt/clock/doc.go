// Package clock is how far iVALT's clock and this machine's are apart.
package clock
