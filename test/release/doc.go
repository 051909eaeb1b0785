// Package release tests what a release is checked with: the checklist of docs/releasing.md as `make release-check` runs it, and the look for
// known vulnerabilities. The latter fetches govulncheck where it is not there yet, so it has the tag interop, as all tests that install something.
package release
