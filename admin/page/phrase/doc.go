// Package phrase says for people what the server's documents say in words of the trail, in milliseconds and in octets. Pure.
package phrase
