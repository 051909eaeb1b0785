// Package packages_test builds the packages and lives a package's life in a Debian tree: installed, configured, a login, upgraded, removed, purged. It
// judges the unit, runs the image, and checks signatures. The build tag `packages` keeps it out of `go test ./...`: it needs root and programs of Debian.
package packages_test
