// Package waiting is what can be seen of the logins that wait.
package waiting
