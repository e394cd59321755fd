#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What the tables become besides help: manual pages, schemas, completions,
# lists, and the doctor's report.
load scope.bash

@test "every page is good scdoc and has every option" {
    command -v scdoc >/dev/null || skip "no scdoc"
    pages=$(scope help --format words -- '' | grep -v '^-')
    for page in $pages; do
        scope help --format scdoc "$page" | scdoc >"$BATS_TEST_TMPDIR/page"
        for option in $(scope help --format words -- "$page" --); do
            grep -qF -- "\\fB$option\\fR" "$BATS_TEST_TMPDIR/page"
        done
    done
    scope help --format scdoc | scdoc >"$BATS_TEST_TMPDIR/page"
    scope help --format scdoc plugins | scdoc >"$BATS_TEST_TMPDIR/page"
    fails_with 2 "scope help: there is no manual page of 'zzzz'" \
        "name a command, or plugins" help --format scdoc zzzz
}

@test "the schema is JSON and knows the options" {
    command -v jq >/dev/null || skip "no jq"
    scope help --format schema >"$BATS_TEST_TMPDIR/schema"
    query() { jq -er "$1" "$BATS_TEST_TMPDIR/schema"; }
    [ "$(query '."$schema"')" = "https://json-schema.org/draft/2020-12/schema" ]
    [ "$(query '.properties.collect.properties.interval.default')" = 100ms ]
    [ "$(query '.properties.collect.additionalProperties | not')" = true ]
    query '.properties.collect.properties.collector.anyOf[2].properties.proc' \
        >/dev/null
    query '.properties.collect.properties.drive.anyOf[2].properties.http
        .anyOf[1].properties.rate.pattern' >/dev/null
    [ "$(scope help --format schema http | jq -r .title)" = \
        "options of the driver http" ]
    fails_with 2 "scope help: 'htpp' is neither a command nor a plugin" \
        "did you mean http?" help --format schema htpp
}

# The words that could follow, in one line.
words() {
    scope help --format words -- "$@" | tr '\n' ' '
}

@test "completions come from the same tables" {
    [ "$(words col)" = "collect " ]
    [ "$(words collect --inter)" = "--interval " ]
    [ "$(words collect -C pro)" = "proc " ]
    [ "$(words collect -C proc.inter)" = "proc.interval= " ]
    [ "$(words list --format j)" = "json " ]
    [ "$(words list coll)" = "collectors " ]
    [ "$(words drive cp)" = "cpu " ]
    [ "$(words drive http --ur)" = "--url " ]
    [ "$(words collect -o '')" = "@file " ]
    [ "$(words zzzz '')" = "" ]
}

@test "bash completes with what the program says" {
    # shellcheck disable=SC1091
    source "$SCOPE_SOURCE/data/completion/scope.bash"
    COMP_WORDS=("$SCOPE_BUILD/scope" collect --inter)
    COMP_CWORD=2
    _scope
    [ "${COMPREPLY[*]}" = "--interval" ]
}

@test "list says what works and what was refused" {
    run scope list --format csv
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" == table,kind,name,version,summary,works,reason,remedy* ]]
    [[ "$output" == *"driver,http,"* ]]
    run scope list analyzers --format csv
    [[ "$output" != *"driver,http,"* ]]
    compile_plugin "$BATS_TEST_TMPDIR" none <<<'int other;'
    compile_plugin "$BATS_TEST_TMPDIR" never <<'C'
static enum scope_code probe(const void *config, struct scope_err *err)
{
    (void)config;
    scope_fail(err, SCOPE_UNAVAILABLE, 0, "no flux capacitor");
    return scope_hint(err, "buy one");
}
static const struct scope_collector_ops ops = {.probe = probe};
SCOPE_PLUGIN(.kind = SCOPE_COLLECTOR, .name = "never", .summary = "s",
             .version = "1", .collector = &ops);
C
    chmod 755 "$BATS_TEST_TMPDIR"
    SCOPE_PLUGIN_PATH=$BATS_TEST_TMPDIR run scope list --format csv
    [ "$status" -eq 0 ]
    [[ "$output" == *"collector,never,1,s,no,\"no flux capacitor\",\"buy one\""* ]]
    [[ "$output" == *"$BATS_TEST_TMPDIR/none.so,\"it has no symbol scope_plugin"* ]]
    fails_with 2 "scope list: 'zzzz' is no kind of plugin" \
        "there are collectors, drivers, backends, proxies, policies, analyzers, categories" \
        list zzzz
}

@test "list and doctor say what was not built, as configure found it" {
    command -v jq >/dev/null || skip "no jq"
    wanted=$(sed -n 's/^#define SCOPE_ABSENT *//p' "$SCOPE_BUILD/config.h" |
        grep -o '{[^}]*}' | tr -d '{}' | sed 's/", "/|/g; s/"//g' || true)
    for command in list doctor; do
        got=$(scope $command --format json | jq -r '.items[] |
            select(.id == "absent") | .rows[] | "\(.kind)|\(.name)|\(.package)"')
        [ "$got" = "$wanted" ]
    done
    while IFS='|' read -r kind name package; do
        [ "$kind" = driver ] || continue
        fails_with 5 "scope drive: the driver $name was not built" \
            "install the package $package, configure and build again" \
            drive "$name"
    done <<<"$wanted"
}

@test "doctor shows abilities, plugins, settings and the machine" {
    for format in table csv json markdown; do
        run scope doctor --format $format
        [ "$status" -eq 0 ]
        [[ "$output" == *"hardware counters"* ]]
        [[ "$output" == *"$(uname -r)"* ]]
    done
    command -v jq >/dev/null || skip "no jq"
    scope doctor --format json >"$BATS_TEST_TMPDIR/doctor"
    [ "$(jq -r '[.items[].id] - ["absent"] | join(" ")' \
        "$BATS_TEST_TMPDIR/doctor")" = \
        "abilities plugins steadiness capabilities machine" ]
    # The PMU is there or not, and doctor says the same as sysfs.
    state=$(jq -r '.items[0].rows[0].state' "$BATS_TEST_TMPDIR/doctor")
    if ! ls /sys/bus/event_source/devices | grep -qE '^(cpu|cpu_core|armv.*)$'; then
        [ "$state" = no ]
    fi
}
