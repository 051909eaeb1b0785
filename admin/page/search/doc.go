// Package search is what somebody looks for among the logins: the query of a page's address, and what the server is asked for it. Pure.
package search
