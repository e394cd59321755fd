# SPDX-License-Identifier: GPL-3.0-or-later
# What the command tests know about scope: where it was built, how a plugin is
# compiled against the tree's headers, how its complaints look.
bats_require_minimum_version 1.5.0

scope() {
    "$SCOPE_BUILD/scope" "$@"
}

# Compiles standard input, C that follows <scope/plugin.h>, as FOLDER/NAME.so.
# With the flags of the program, so that sanitizers know the plugin too.
compile_plugin() {
    local folder=$1 name=$2
    shift 2
    mkdir -p "$folder"
    { echo '#include <scope/plugin.h>'; cat; } >"$folder/$name.c"
    ${CC:-cc} -std=gnu11 -I"$SCOPE_SOURCE/include" -fPIC -fvisibility=hidden \
        -shared -o "$folder/$name.so" "$folder/$name.c" "$@"
    chmod go-w "$folder" "$folder/$name.so"
}

# The same with the descriptor of a good collector, to which the fields given
# as the rest are added; the last of equal fields counts.
compile_collector() {
    local folder=$1 name=$2 fields=$3
    compile_plugin "$folder" "$name" -Wno-override-init <<C
static const struct scope_collector_ops ops;
SCOPE_PLUGIN(.kind = SCOPE_COLLECTOR, .name = "$name", .summary = "s",
             .version = "1", .collector = &ops, $fields);
C
}

# The command fails with the status, one line and, if given, a hint, on
# standard error; nothing is on standard output.
fails_with() {
    local status_wanted=$1 line=$2 hint=$3
    shift 3
    run --separate-stderr scope "$@"
    # shellcheck disable=SC2154
    if [ "$status" -ne "$status_wanted" ]; then
        echo "status $status instead of $status_wanted: $stderr"
        return 1
    fi
    local wanted=$line
    [ -z "$hint" ] || wanted="$line"$'\n'"hint: $hint"
    if [ "$stderr" != "$wanted" ] || [ -n "$output" ]; then
        printf 'wanted: %s\nerror:  %s\noutput: %s\n' \
            "$wanted" "$stderr" "$output"
        return 1
    fi
}
