// Package addresses remembers for a while which mobile iVALT knows for an e-mail address.
package addresses
