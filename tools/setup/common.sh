# Sourced by each step of bin/setup: working folder, messages, stamps.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { echo "setup: $*" >&2; }

die() {
  say "$*"
  exit 1
}

# Prints one hash over the given words and the contents of the given files and folders.
fingerprint() {
  local word
  for word in "$@"; do
    echo "$word"
    if [[ -e $word ]]; then
      find "$word" -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0r sha256sum
    fi
  done | sha256sum | cut -d ' ' -f 1
}

# up_to_date NAME HASH: did step NAME last end well with this HASH?
up_to_date() { [[ -f .tools/stamps/$1 && $(< ".tools/stamps/$1") == "$2" ]]; }
done_with() { echo "$2" > ".tools/stamps/$1"; }

# quietly COMMAND...: shows its output only if it fails, compilers' errors first.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" > "$log" 2>&1; then
    grep -E '(error|undefined reference|FAILED): ' "$log" | cut -c 1-300 | head -n 40 >&2 || true
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "failed: $*"
  fi
  rm -f "$log"
}
