//go:build !race

package watch

// million is how many people and addresses attack at once.
const million = 1_000_000
