#!/usr/bin/env bash
# What bin/lint checks the GitHub workflows with: zizmor into .venv, actionlint from sources into .tools/bin.
. "$(dirname "$0")/common.sh"

hash=$(fingerprint requirements-actions.txt tools/actionlint tools/setup/go_build.sh tools/setup/actions.sh)
if up_to_date actions "$hash" && [[ -x .venv/bin/zizmor ]]; then exit 0; fi

say "zizmor and actionlint"
quietly .venv/bin/pip install --disable-pip-version-check --require-hashes -r requirements-actions.txt
PATH="$PATH:$PWD/.venv/bin" quietly tools/setup/go_build.sh actionlint .tools/bin/actionlint
done_with actions "$hash"
