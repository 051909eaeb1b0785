// Package reason is the closed list of why a login ended as it did.
package reason
