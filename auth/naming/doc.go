// Package naming gives attempts their names, and digests what must not lie in a table: both keyed by this process.
package naming
