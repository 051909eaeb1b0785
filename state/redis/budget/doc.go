// Package budget is the API budget of all nodes over Redis: a state.Allowance whose windows are kept by the server's clock, and decided by one
// script.
package budget
