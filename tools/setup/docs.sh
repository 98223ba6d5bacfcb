#!/usr/bin/env bash
# What bin/docs needs, into .venv.
. "$(dirname "$0")/common.sh"

hash=$(fingerprint requirements.txt requirements-docs.txt tools/setup/docs.sh)
if up_to_date docs "$hash" && .venv/bin/python -c 'import sphinx' 2> /dev/null; then exit 0; fi

say "Sphinx into .venv"
quietly .venv/bin/pip install --disable-pip-version-check --require-hashes -r requirements-docs.txt
done_with docs "$hash"
