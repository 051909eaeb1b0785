// Package docs executes the documents: every YAML block of README.md and docs/ is checked by the binary, and every command and
// flag that they name is there.
//
// A block marked ```yaml must be sound as it stands; one marked ```yaml fragment is laid over a small sound configuration. What a
// block expects on the operator's machine (secrets by file: and env:, a users.file) is made up in a temporary folder.
package docs
