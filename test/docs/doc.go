// Package docs executes the documents, which are README.md and whatever is under docs/.
//
// YAML: a block marked ```yaml must be sound as it stands; one marked ```yaml fragment is laid over a small sound configuration, and ```yaml users
// is a users.file. What a block expects on the operator's machine (secrets by file: and env:, a users.file) is made up in a temporary folder.
//
// Shell: each ```sh block is run, unless a comment right before it says why not: <!-- not run: REASON -->. The blocks of one page run in order in
// one shell, as a reader would type them, on a machine of their own (machine.sh): as root, with the binary first in PATH, in an empty folder, with
// no network but loopback, bounded in time; what they leave is gone. The machine has an installed server beside a simulated iVALT, or nothing at
// all where the page says <!-- blocks run on: a bare machine -->. Background processes are the page's own, and end by their ids or with the machine.
// A session that shows output is ```console, which nobody runs. Running needs root and Debian's packages, so it stands behind the build tag
// `interop` (`make interop`); that no block is without either is checked without.
//
// Links: relative ones and their anchors lead somewhere; those to elsewhere are well-formed https, and listed, for they cannot be opened here.
//
// Each page of docs/gateways has the same six headings, and each of its facts says by which test, by which source, or that nobody knows. Every command,
// flag, metric and test that a document names is there.
package docs
