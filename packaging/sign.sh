#!/bin/bash
# `make sign KEY=…`: a detached signature of dist/SHA256SUMS by the OpenPGP key KEY, which gpg knows. Whoever trusts the key checks the signature, and
# then each file by its sum (docs/packages.md).
set -euo pipefail
cd "$(dirname "$0")/.."
KEY=${KEY:?say which key: make sign KEY=FINGERPRINT}
cd "${DIST:-dist}"
[ -s SHA256SUMS ] || { echo "no dist/SHA256SUMS: make packages first" >&2; exit 1; }
sha256sum --check --quiet SHA256SUMS
gpg --batch --yes --local-user "$KEY" --armor --output SHA256SUMS.asc --detach-sign SHA256SUMS
echo "signed: $(pwd)/SHA256SUMS.asc"
