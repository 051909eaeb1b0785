// Package auth runs one login attempt from username to verdict.
package auth
