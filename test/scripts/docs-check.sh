#!/bin/bash
# `make docs-check`: generates the documents, compares, and puts back what was there, so that a check never changes the tree.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp -a docs "$before/docs"
go generate ./...
if ! diff -ru "$before/docs" docs; then
	rm -rf docs && cp -a "$before/docs" docs
	echo "the generated documents differ from the code: run 'make docs' and commit" >&2
	exit 1
fi
