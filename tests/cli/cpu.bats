#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope drive cpu: a load without requests is judged by what it achieved, and
# can run beside another.
load scope.bash

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

@test "a load without requests: none are missed" {
    local status=0
    scope drive cpu --utilisation 20% --duration 500ms -o trial.scope \
        >out 2>err || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
    # What the store holds is what was said.
    scope store dump trial.scope >dump
    [ "$(grep -c ",cpu,busy," dump)" -gt 0 ]
    grep ",cpu,requested," dump | sed 's/.*,//' | sort -u >asked
    [ "$(cat asked)" = 0.2 ]
    ! grep -q ",cpu,requests," dump
    grep -q "No driver sent requests in these trials" out
    grep -qE ": 20.0 % (of each )?asked for, .*[0-9.]+ % achieved in 0.5 s" out
    ! grep -q "requests answered" err
    # What makes it partial is the machine being busy, and is said.
    [ "$status" -eq 0 ] || grep -q "instead of 20.0 %" err
}

@test "a share must be given, of a CPU that there is" {
    fails_with 2 "scope drive: --utilisation is required" \
        "write --utilisation=SHARE: share of each CPU to use: 30% or 0.3" \
        drive cpu
    fails_with 2 "scope drive: --utilisation: '2' is above the maximum of 1" \
        "" drive cpu --utilisation 2
    fails_with 2 "scope drive: driver cpu: cpus: x is not a CPU or a range like 2-5" \
        "" drive cpu --utilisation 20% --cpus x
}
