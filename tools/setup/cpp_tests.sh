#!/usr/bin/env bash
# cpp_tests.sh PRESET: builds and runs the C++ unit tests of a CMake preset (dev, asan, tsan); says little if all is well.
. "$(dirname "$0")/common.sh"

say "C++ unit tests, preset $1"
quietly cmake --preset "$1"
quietly cmake --build --preset "$1"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! ctest --preset "$1" --progress > "$log" 2>&1; then
  tail -n 200 "$log" >&2
  die "C++ unit tests failed"
fi
grep -E 'tests passed|Total Test time' "$log"
