// Package asking is what a login asks and by what it is judged: the request, the client that it came from, the rules that were in force, and the first
// factor that they name. It decides nothing.
package asking
