#!/usr/bin/env bash
# The Python package, editable, with what is compiled for it: the native module and litefs-proxy (Release).
. "$(dirname "$0")/common.sh"

hash=$(fingerprint CMakeLists.txt cmake core/include core/src proxy/include proxy/src proxy/main.cpp \
  django_litefs/native django_litefs/__init__.py pyproject.toml hatch_build.py tools/litefs tools/setup/native.sh)
if up_to_date native "$hash"; then exit 0; fi

say "compiling litefs-proxy and the native module"
PATH="$PWD/.venv/bin:$PATH" quietly .venv/bin/pip install --disable-pip-version-check \
  --no-build-isolation --no-deps --force-reinstall --editable .
done_with native "$hash"
