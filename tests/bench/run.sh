#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs one bench by name, with arguments of its own: tests/bench/NAME.sh, or the program NAME built from
# tests/bench/NAME.c. Each prints ratios from interleaved runs and ends with
# status 1 when one misses its target.
set -euo pipefail
cd "$(dirname "$0")"
name=${1:?usage: run.sh NAME [ARG]...}
shift
if [ -f "$name.sh" ]; then
    exec bash "./$name.sh" "$@"
elif [ -f "$name.c" ]; then
    make -C "$SCOPE_BUILD" -s "tests/bench/$name"
    exec "$SCOPE_BUILD/tests/bench/$name" "$@"
fi
echo "run.sh: there is no bench '$name'" >&2
exit 2
