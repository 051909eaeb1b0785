#!/bin/bash
# `make packages`: the binaries, what is in them (SPDX), and deb, rpm and apk of both, into DIST, with their SHA-256 sums. The same sources, VERSION and
# SOURCE_DATE_EPOCH make the same files, wherever and whenever. SIGN_KEY_FILE (an OpenPGP key for deb and rpm) and APK_KEY_FILE (an RSA key for
# apk) sign the packages; nothing else asks for a key.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C TZ=UTC SIGN_KEY_FILE=${SIGN_KEY_FILE:-} APK_KEY_FILE=${APK_KEY_FILE:-}
umask 022

VERSION=${VERSION:?the version, as git describe gives it}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -c safe.directory='*' log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
dist=$(mkdir -p "${DIST:-dist}" && cd "${DIST:-dist}" && pwd)
nfpm=$(realpath "${NFPM:?the path of nfpm}")

# package_version: what dpkg, rpm and apk order rightly. A tag v1.2.3 is 1.2.3, what comes behind it 1.2.3+N; without a tag it is before all versions.
package_version() {
	local v=${VERSION%-dirty}
	if [[ $v =~ ^v?([0-9]+\.[0-9]+\.[0-9]+)-([0-9]+)-g[0-9a-f]+$ ]]; then
		echo "${BASH_REMATCH[1]}+${BASH_REMATCH[2]}"
	elif [[ $v =~ ^v?([0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.]+)?)$ ]]; then
		echo "${BASH_REMATCH[1]}"
	else
		date -u -d "@$SOURCE_DATE_EPOCH" +0.0.0-git%Y%m%d%H%M%S
	fi
}
PACKAGE_VERSION=$(package_version)
export PACKAGE_VERSION

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -f "$dist"/*.deb "$dist"/*.rpm "$dist"/*.apk "$dist"/*.tar.gz "$dist"/*.spdx.json "$dist"/SHA256SUMS*

MANUAL="$work/manual" MANUAL_VERSION="$VERSION" go test -trimpath -vet=off -count=1 -run '^TestManual$' ./cmd/ivalt-radius >/dev/null

go run -trimpath ./packaging/licences -out "$work/licences"

# stage ARCHITECTURE: a folder with everything that nfpm.yaml names.
stage() {
	local to=$work/$1 name=ivalt-radius_${PACKAGE_VERSION}_linux_$1
	mkdir -p "$to/man1" "$to/man5"
	CGO_ENABLED=0 GOOS=linux GOARCH=$1 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o "$to/ivalt-radius" ./cmd/ivalt-radius
	go run -trimpath ./test/sbom -binary "$to/ivalt-radius" -licences docs/dependencies.md -name "$name" -version "$PACKAGE_VERSION" -epoch "$SOURCE_DATE_EPOCH" >"$to/sbom.spdx.json"
	cp "$to/sbom.spdx.json" "$dist/$name.spdx.json"
	cp -r "$work/manual/completions" "$work/licences" packaging/nfpm.yaml packaging/scripts/*.sh packaging/{ivalt-radius.service,sysusers.conf,tmpfiles.conf,logrotate,ufw,firewalld.xml,openrc} "$to/"
	cp "$work"/manual/man/*.1 "$to/man1/"
	cp "$work"/manual/man/*.5 "$to/man5/"
	gzip -9n "$to"/man1/*.1 "$to"/man5/*.5
	cp LICENSE "$to/copyright"
	gzip -9nc CHANGELOG.md >"$to/changelog.gz"
	find "$to" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	tar -C "$to" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --transform "s,^,$name/," \
		-cf - ivalt-radius man1 man5 completions ivalt-radius.service sysusers.conf tmpfiles.conf logrotate ufw firewalld.xml copyright licences sbom.spdx.json | gzip -9n >"$dist/$name.tar.gz"
	for kind in deb rpm apk; do
		(cd "$to" && ARCH=$1 "$nfpm" package --config nfpm.yaml --packager $kind --target "$dist" >/dev/null)
	done
}
for arch in ${ARCHES:-amd64 arm64}; do
	stage "$arch"
done
(cd "$dist" && sha256sum -- *.deb *.rpm *.apk *.tar.gz *.spdx.json >SHA256SUMS)
echo "made in $dist:" && cat "$dist/SHA256SUMS"
