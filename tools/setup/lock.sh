#!/usr/bin/env bash
# Locks requirements*.in anew, for every Python that we support. Run by hand, then commit the result.
. "$(dirname "$0")/common.sh"

.venv/bin/pip install --quiet uv
for name in requirements requirements-go requirements-docs requirements-wheels requirements-actions; do
  .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$name.in" --output-file "$name.txt"
done
.venv/bin/pip uninstall --quiet --yes uv
