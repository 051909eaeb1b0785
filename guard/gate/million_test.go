//go:build !race

package gate

// million is how many people and addresses come.
const million = 1_000_000
