#!/usr/bin/env bash
# What `bin/bench proxy` compares with and measures by: Debian's proxies and wrk, and two small servers of ours.
. "$(dirname "$0")/common.sh"

tools/setup/debian.sh nginx haproxy wrk strace
hash=$(fingerprint bench/native tools/setup/bench.sh)
if up_to_date bench "$hash"; then exit 0; fi

say "compiling the upstream and the relay of the benchmark"
mkdir -p .tools/bench
for program in upstream floor_relay; do
  quietly c++ -std=c++20 -O2 -Wall -Wextra -Wpedantic -Wconversion -Werror "bench/native/$program.cpp" -o ".tools/bench/$program"
done
done_with bench "$hash"
