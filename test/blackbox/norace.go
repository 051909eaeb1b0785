//go:build !race

package blackbox

// raceEnabled: the binary under test is built as the tests are.
const raceEnabled = false
