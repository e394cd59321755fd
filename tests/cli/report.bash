# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of analyzers and exports have in common: each in a folder of
# its own, stores of known content, and reports read back as others would.

setup() {
    cd "$BATS_TEST_TMPDIR" || exit
}

write_store() {
    "$SCOPE_BUILD/tests/cli/write_store" "$@"
}

# In $(...) and pipelines a skip does not reach the test: say it before.
need_python() {
    command -v python3 >/dev/null || skip "python3 is not installed"
}

read_report() {
    need_python
    python3 "$SCOPE_SOURCE/tests/cli/report.py" "$@"
}

# The cell of the CSV report is VALUE: cell_is VALUE TABLE KEY=VALUE... COLUMN
cell_is() {
    local wanted=$1 got
    shift
    need_python
    got=$(read_report csv report.csv "$@")
    [ "$got" = "$wanted" ] || {
        echo "$*: '$got' instead of '$wanted'"
        return 1
    }
}
