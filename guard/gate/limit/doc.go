// Package limit counts what happens within a window, for very many keys in bounded memory.
//
// A Count is a bucket of golang.org/x/time/rate: there is room for so many, and room comes back evenly. A Table holds the values of the
// keys that were used last. Neither is safe for concurrent use: the gate holds one lock over all of them.
package limit
