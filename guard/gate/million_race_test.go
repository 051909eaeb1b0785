//go:build race

package gate

// million is fewer under the race detector, which is slow, and looks for something else.
const million = 50_000
