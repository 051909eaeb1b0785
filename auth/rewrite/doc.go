// Package rewrite makes one name of many: the operator's ordered rules (`users.rewrite`), each a regular expression that the whole
// canonical name must meet, each on the former's result. What comes out is the one name for rules, lockout, look-up and push.
package rewrite
