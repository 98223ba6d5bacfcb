#!/usr/bin/env bash
# upgrade_litefs.sh vX.Y.Z: pins another LiteFS, and every place that names its version or its hash.
. "$(dirname "$0")/common.sh"

module=github.com/superfly/litefs
version=${1:-}
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]] || die "which version? e.g. bin/upgrade-litefs v0.5.14"
export PATH="$PATH:$PWD/.venv/bin" GOTOOLCHAIN=local GOWORK=off GOFLAGS=
go=$(tools/setup/go_build.sh --have-go) || die "no Go of at least 1.24 on PATH"

pinned() { sed -n "s#^\s*$module \(v[^ ]*\) // indirect#\1#p" tools/litefs/go.mod; }
sum() { sed -n "s#^$module $1 \(h1:.*\)#\1#p" tools/litefs/go.sum; }

old=$(pinned)
old_sum=$(sum "$old")
(cd tools/litefs && quietly "$go" get -tool "$module/cmd/litefs@$version" && quietly "$go" mod tidy)
for file in NOTICE django_litefs/pinned.py; do
  sed -i "s#$old#$version#g; s#$old_sum#$(sum "$version")#g" "$file"
done
say "LiteFS $old -> $version, $(sum "$version")"
say "building it, with the patches of tools/litefs"
tools/setup/go_build.sh litefs .tools/bin/litefs || die "a patch no longer fits: change or remove it"
.tools/bin/litefs version
say "now docs/upgrading-litefs.md: what must be tested again"
