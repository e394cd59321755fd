#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The loader on real files: each reason to refuse one has its sentence.
load scope.bash

setup() {
    plugins=$BATS_TEST_TMPDIR/plugins
    mkdir "$plugins"
    chmod 755 "$plugins"
}

# The plugin FILE is refused with SENTENCE.
refused() {
    fails_with 1 "scope plugin: $1 is refused: $2" "" plugin check "$1"
}

@test "a good plugin is loaded" {
    compile_collector "$plugins" good ""
    run scope plugin check "$plugins/good.so"
    [ "$status" -eq 0 ]
    [ "$output" = "$plugins/good.so: collector good, version 1: good" ]
}

@test "no shared object" {
    echo "not a program" >"$plugins/text.so"
    refused "$plugins/text.so" "it is not a shared object"
    : >"$plugins/empty.so"
    refused "$plugins/empty.so" "it is not a shared object"
    mkdir "$plugins/folder.so"
    refused "$plugins/folder.so" "it is not a regular file"
    refused "$plugins/absent.so" "it cannot be opened: No such file or directory"
}

@test "a program is no plugin, nor is another machine's object" {
    cp /bin/true "$plugins/true.so"
    run scope plugin check "$plugins/true.so"
    [ "$status" -eq 1 ]
    compile_collector "$plugins" good ""
    # e_machine is at offset 18 of the ELF header.
    printf '\xff\xff' |
        dd of="$plugins/good.so" bs=1 seek=18 conv=notrunc status=none
    run scope plugin check "$plugins/good.so"
    [ "$status" -eq 1 ]
    [[ "$output" == *"good.so is refused: it cannot be loaded: "* ]]
}

@test "no symbol" {
    compile_plugin "$plugins" none <<<'int other;'
    refused "$plugins/none.so" \
        "it has no symbol scope_plugin: end it with SCOPE_PLUGIN(...)"
}

@test "a symbol that is no descriptor" {
    echo 'int small __attribute__((visibility("default"))) = 7;' |
        compile_plugin "$plugins" small -Dsmall=scope_plugin -DSCOPE_ALLOC_H \
            -DSCOPE_PLUGIN_H
    refused "$plugins/small.so" "its symbol scope_plugin is not a descriptor"
}

@test "another ABI and another size" {
    compile_collector "$plugins" newer ".abi = 4711"
    refused "$plugins/newer.so" \
        "it was built for plugin ABI 4711, this is ABI 1: build it again"
    compile_collector "$plugins" larger ".size = 4711"
    run scope plugin check "$plugins/larger.so"
    [ "$status" -eq 1 ]
    [[ "$output" =~ "its descriptor has 4711 bytes instead of "[0-9]+": build it again"$ ]]
}

@test "a name that is not the file's" {
    compile_collector "$plugins" mine '.name = "yours"'
    refused "$plugins/mine.so" "it calls itself 'yours': its file must be yours.so"
}

@test "a kind that is not the folder's" {
    compile_collector "$plugins/drivers" mine ""
    refused "$plugins/drivers/mine.so" \
        "its kind is collector, but it lies in a folder of drivers"
    compile_collector "$plugins/collectors" mine ""
    run scope plugin check "$plugins/collectors/mine.so"
    [ "$status" -eq 0 ]
}

@test "an unresolved symbol" {
    compile_plugin "$plugins" needy <<'C'
extern int absent_function(void);
static enum scope_code probe(const void *config, struct scope_err *err)
{
    return config && err ? absent_function() : SCOPE_OK;
}
static const struct scope_collector_ops ops = {.probe = probe};
SCOPE_PLUGIN(.kind = SCOPE_COLLECTOR, .name = "needy", .summary = "s",
             .version = "1", .collector = &ops);
C
    refused "$plugins/needy.so" \
        "it cannot be loaded: undefined symbol: absent_function"
}

@test "bad tables" {
    compile_plugin "$plugins" options <<'C'
struct config { int64_t count; };
static const struct scope_option options[] = {
    SCOPE_OPTION_INT(struct config, count, "count", .fallback = "many",
                     .help = "h"),
    SCOPE_OPTION_END,
};
static const struct scope_collector_ops ops;
SCOPE_PLUGIN(.kind = SCOPE_COLLECTOR, .name = "options", .summary = "s",
             .version = "1", .options = options,
             .config_size = sizeof(struct config), .collector = &ops);
C
    refused "$plugins/options.so" \
        "option 'count': the default: count: 'many' is not a whole number"
    compile_plugin "$plugins" metrics <<'C'
static const struct scope_metric metrics[] = {
    {.name = "a", .semantics = SCOPE_COUNTER, .value = SCOPE_HIST,
     .unit = SCOPE_UNIT_NS, .help = "h"},
    SCOPE_METRIC_END,
};
static const struct scope_collector_ops ops;
SCOPE_PLUGIN(.kind = SCOPE_COLLECTOR, .name = "metrics", .summary = "s",
             .version = "1", .metrics = metrics, .collector = &ops);
C
    refused "$plugins/metrics.so" \
        "metric 'a': its semantics and its value type do not go together"
    compile_plugin "$plugins" load <<'C'
static const struct scope_driver_ops ops;
SCOPE_PLUGIN(.kind = SCOPE_DRIVER, .name = "load", .summary = "s",
             .version = "1", .driver = &ops);
C
    refused "$plugins/load.so" \
        "metric 0 is not 'requests': a driver's table begins with SCOPE_LOAD_METRICS of <scope/load.h>"
}

@test "a file that others may write" {
    compile_collector "$plugins" mine ""
    chmod 646 "$plugins/mine.so"
    refused "$plugins/mine.so" "the file is writable by everybody"
    chmod 664 "$plugins/mine.so"
    refused "$plugins/mine.so" \
        "the file is writable by group $(stat -c %g "$plugins/mine.so")"
}

@test "a folder that others may write" {
    compile_collector "$plugins" mine ""
    chmod 777 "$plugins"
    refused "$plugins/mine.so" "the folder $plugins is writable by everybody"
    chmod 1777 "$plugins"
    refused "$plugins/mine.so" "the folder $plugins is writable by everybody"
    chmod 755 "$plugins"
    run scope plugin check "$plugins/mine.so"
    [ "$status" -eq 0 ]
}

@test "a file of somebody else" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to give a file away"
    compile_collector "$plugins" mine ""
    chown 4242 "$plugins/mine.so"
    refused "$plugins/mine.so" \
        "the file belongs to user 4242, who is neither root nor you"
    chown 0 "$plugins/mine.so"
    chown 4242 "$plugins"
    refused "$plugins/mine.so" \
        "the folder $plugins belongs to user 4242, who is neither root nor you"
    chown 0 "$plugins"
}

@test "a link is judged by where it leads" {
    compile_collector "$plugins" mine ""
    mkdir -m 755 "$plugins/links"
    ln -s "$plugins/mine.so" "$plugins/links/mine.so"
    run scope plugin check "$plugins/links/mine.so"
    [ "$status" -eq 0 ]
    mkdir "$plugins/open"
    mv "$plugins/mine.so" "$plugins/open/"
    chmod 777 "$plugins/open"
    ln -sf "$plugins/open/mine.so" "$plugins/links/mine.so"
    refused "$plugins/links/mine.so" \
        "the folder $plugins/open is writable by everybody"
}

@test "the folder of the path must be there, and twice is a duplicate" {
    SCOPE_PLUGIN_PATH=$plugins/absent fails_with 2 \
        "scope help: SCOPE_PLUGIN_PATH: read the plugin folder $plugins/absent: No such file or directory" \
        "" help mine
    compile_collector "$plugins" mine ""
    mkdir -m 755 "$plugins/other"
    cp "$plugins/mine.so" "$plugins/other/mine.so"
    export SCOPE_PLUGIN_PATH=$plugins:$plugins/other
    run scope help mine
    [ "$status" -eq 0 ]
    [ "$(grep -c '^collector mine' <<<"$output")" -eq 1 ]
}

@test "a refused plugin is not said to be unknown" {
    compile_collector "$plugins" mine '.name = "yours"'
    SCOPE_PLUGIN_PATH=$plugins fails_with 2 \
        "scope help: the plugin $plugins/mine.so is refused: it calls itself 'yours': its file must be yours.so" \
        "" help mine
}
