#!/usr/bin/env bash
# .venv with the locked Python packages.
. "$(dirname "$0")/common.sh"

# Prints the first interpreter that is new enough and complete, Debian's own before one from elsewhere.
find_python() {
  local candidate
  for candidate in /usr/bin/python3 python3 python3.{13,12,11,10}; do
    if "$candidate" -c 'import sys, venv, ensurepip, sqlite3; sys.exit(sys.version_info < (3, 10))' 2> /dev/null; then
      echo "$candidate"
      return
    fi
  done
  die "no Python of at least 3.10 with venv and sqlite3 found"
}

hash=$(fingerprint requirements.txt tools/setup/python.sh)
if up_to_date python "$hash" && .venv/bin/python -c '' 2> /dev/null; then exit 0; fi

say "Python packages into .venv"
.venv/bin/python -c 'import pip' 2> /dev/null || quietly "$(find_python)" -m venv --clear .venv
quietly .venv/bin/pip install --disable-pip-version-check --require-hashes -r requirements.txt
rm -f .tools/stamps/native # a fresh environment lacks our own package
done_with python "$hash"
