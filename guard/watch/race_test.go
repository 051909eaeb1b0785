//go:build race

package watch

// million is a tenth of it where each step costs ten times as much.
const million = 100_000
