// Package deed is what can be done from the pages: who may, what is asked of whoever does it, what the server is told, and what is said
// afterwards. It does nothing itself.
package deed
