#!/bin/sh
# run.sh NAME [ARGUMENT...]  Set up the environment of a peer once, run its measurement, print its JSON.
# Names: hftbacktest, lrvx, nautilus. Environments lie in the user's cache folder; packages are checked by hash.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=$1
shift
home="${STEELYARD_PEERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/steelyard/peers}/$name"
stamp="$home/ready-$(cksum < "$here/requirements-$name.txt" | cut -d ' ' -f 1)"
if [ ! -e "$stamp" ]; then
    rm -rf "$home"
    "${PYTHON:-python3}" -m venv "$home" >&2
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        -r "$here/requirements-$name.txt" >&2
    touch "$stamp"
fi
exec "$home/bin/python" "$here/peer_$name.py" "$@"
