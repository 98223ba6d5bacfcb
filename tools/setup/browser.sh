#!/usr/bin/env bash
# A real browser for bin/screenshots: Debian's Chromium, Playwright into .venv, axe-core into .tools.
. "$(dirname "$0")/common.sh"

if ! command -v chromium > /dev/null; then
  say "installing chromium"
  [[ $(id -u) -eq 0 ]] || die "run: sudo apt-get install --no-install-recommends chromium fonts-dejavu-core"
  quietly env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
    chromium fonts-dejavu-core
fi

hash=$(fingerprint requirements.txt requirements-browser.txt tools/setup/browser.sh)
if up_to_date browser "$hash" && .venv/bin/python -c 'import playwright' 2> /dev/null; then exit 0; fi

axe="axe-core@4.14.1" # what finds barriers in a page

say "Playwright into .venv"
quietly .venv/bin/pip install --disable-pip-version-check --require-hashes -r requirements-browser.txt
if command -v npm > /dev/null; then
  say "$axe into .tools"
  quietly npm install --prefix .tools/browser --no-save --no-audit --no-fund "$axe"
fi
done_with browser "$hash"
