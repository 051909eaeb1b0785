#!/bin/sh
# Makes what compose.yaml mounts: fresh secrets, certificates and empty state, in secrets/, data/ and .env beside this file. It overwrites nothing;
# it needs openssl.
set -eu
cd "$(dirname "$0")"
if [ -e secrets ]; then
	echo "docker/secrets is there already: nothing is overwritten; take it away first" >&2
	exit 1
fi
umask 077
mkdir -p secrets data/redis data/radius-1 data/radius-2

for name in shared-secret ivalt-api-key redis-password cluster-key; do
	openssl rand -hex 24 >"secrets/$name"
done

# An authority of this set-up alone, and the Redis server's certificate. The authority's key is not kept.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=ivalt-radius rehearsal" \
	-keyout secrets/ca.key -out secrets/ca.pem 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=redis" -keyout secrets/redis.key -out secrets/redis.csr 2>/dev/null
printf 'subjectAltName=DNS:redis\nextendedKeyUsage=serverAuth\n' >secrets/redis.ext
openssl x509 -req -days 3650 -in secrets/redis.csr -CA secrets/ca.pem -CAkey secrets/ca.key -CAcreateserial -extfile secrets/redis.ext -out secrets/redis.pem 2>/dev/null
rm -f secrets/ca.key secrets/ca.srl secrets/redis.csr secrets/redis.ext

digest=$(tr -d '\n' <secrets/redis-password | openssl dgst -sha256 -r | cut -d' ' -f1)
sed "s/@SHA256@/$digest/" users.acl >secrets/users.acl

# No container runs as root; each runs as whoever owns these files.
if [ "$(id -u)" = 0 ]; then
	chown -R 65532:65532 secrets data
	echo "RUN_AS=65532:65532" >.env
else
	echo "RUN_AS=$(id -u):$(id -g)" >.env
fi
echo "made docker/secrets, docker/data and docker/.env"
