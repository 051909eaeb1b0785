// Package waiting shows the logins that wait: a line of them in the order in which they came, kept as they come and go so that looking at the
// oldest ones costs the same whether a hundred wait or twenty thousand.
package waiting
