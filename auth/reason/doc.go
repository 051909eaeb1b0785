// Package reason is how a login ended, and the closed list of why.
package reason
