#!/usr/bin/env bash
# debian.sh [PACKAGE...]: Debian packages: libraries, compilers, FUSE, or those given. Installs only what is missing.
. "$(dirname "$0")/common.sh"

packages=(
  g++ cmake ninja-build ccache pkg-config patch
  libboost1.81-dev libssl-dev libyaml-cpp-dev libspdlog-dev libfmt-dev libsqlite3-dev libcli11-dev prometheus-cpp-dev
  libgtest-dev libgmock-dev
  python3-dev python3-venv
  fuse3 ca-certificates
  clang-format clang-tidy shellcheck
)
[[ $# -gt 0 ]] && packages=("$@")

missing=()
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2> /dev/null || true)
for package in "${packages[@]}"; do
  grep -qxF "$package installed" <<< "$installed" || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  sudo -n true 2> /dev/null || die "these packages are missing; run:
  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
  as_root=(sudo -n)
fi
command -v apt-get > /dev/null || die "no apt-get here; install what corresponds to: ${missing[*]}"
say "installing ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
quietly "${apt[@]}" update
quietly "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
