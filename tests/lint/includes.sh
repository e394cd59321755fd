#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Dependencies point one way. Over the source: which folder may include which
# header. Over what was built: a plugin exports its descriptor alone and takes
# from the program contract functions only, all of which the program has.
# Usage: includes.sh [SOURCE [BUILD]]; defaults from SCOPE_SOURCE, SCOPE_BUILD.
set -eu

source=${1:-${SCOPE_SOURCE:-.}}
build=${2:-${SCOPE_BUILD:-}}
faults=$(mktemp)
trap 'rm -f "$faults"' EXIT

# FOLDER PATTERN: files below the folder include only headers of the tree that
# match the extended pattern. Headers of libraries are <...> and not scope/.
may_include() {
    folder=$1
    pattern=$2
    [ -d "$source/$folder" ] || return 0
    find "$source/$folder" -name '*.[ch]' -exec grep -Hn \
        '^[ 	]*#[ 	]*include' {} + |
        sed "s|^$source/||" |
        awk -v pattern="$pattern" '
            {
                at = match($0, /(<scope\/[^>]*>|"[^"]*")/)
                if (!at)
                    next
                header = substr($0, at + 1, RLENGTH - 2)
                if (header !~ pattern)
                    print $0 ": this folder must not include it"
            }' >>"$faults"
}

may_include include '^scope/'
may_include lib/base '^(scope/|lib/base/|config[.]h$)'
for part in host store stats present net perf; do
    may_include lib/$part "^(scope/|lib/base/|lib/$part/|config[.]h\$)"
done
may_include src '^(scope/|lib/(base|host|store|present)/|src/|config[.]h$)'
# Plugins: the contract and their own folder; drivers and backends
# lib/net and lib/base, collectors lib/perf, too.
may_include collectors '^(scope/|collectors/|lib/perf/)'
may_include analyzers '^(scope/|analyzers/)'
may_include drivers '^(scope/|drivers/|lib/(base|net)/)'
may_include plugins/backends '^(scope/|plugins/backends/|lib/(base|net)/)'
may_include plugins/proxies '^(scope/|plugins/proxies/)'
may_include plugins/policies '^(scope/|plugins/policies/)'
may_include data/skeleton '^scope/'

# Functions of the contract, from its headers.
contract() {
    cat "$source"/include/scope/*.h | tr '\n' ' ' | sed 's|[;{]|\n|g' |
        sed -n 's/.*SCOPE_API[^(]*[ *]\(scope_[a-z0-9_]*\)[ ]*(.*/\1/p' |
        sort -u
}

if [ -n "$build" ] && [ -x "$build/scope" ]; then
    functions=$(contract)
    [ -n "$functions" ] || echo "no SCOPE_API function was found" >>"$faults"
    program=$(readlink -f "$build/scope")
    has=$(nm -D --defined-only "$program" | awk '{ print $3 }' | sort -u)
    for function in $functions; do
        echo "$has" | grep -qx "$function" ||
            echo "$function: in the contract but not in the program" \
                >>"$faults"
    done
    for plugin in "$build"/collectors/.libs/*.so "$build"/drivers/.libs/*.so \
        "$build"/analyzers/.libs/*.so "$build"/plugins/*/.libs/*.so; do
        [ -e "$plugin" ] || continue
        nm -D --defined-only "$plugin" |
            awk -v file="${plugin#"$build"/}" \
                '$3 != "scope_plugin" && $2 ~ /^[A-Z]$/ && $3 !~ /^(__|_init|_fini|_edata|_end|_bss)/ {
                    print file ": exports " $3 " beside scope_plugin"
                }' >>"$faults"
        nm -D --undefined-only "$plugin" | awk '{ print $2 }' |
            grep '^scope_' | sed 's/@.*//' | while read -r symbol; do
            echo "$functions" | grep -qx "$symbol" ||
                echo "${plugin#"$build"/}: takes $symbol, which is not in the contract"
        done >>"$faults"
    done
fi

if [ -s "$faults" ]; then
    cat "$faults"
    exit 1
fi
