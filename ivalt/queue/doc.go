// Package queue keeps what waits in order, and finds each member by the place that it carries itself.
package queue
