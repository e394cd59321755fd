#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The configuration file: each malformed or hostile one gets one error at
# file:line:column and exit status 2, at once.
load scope.bash

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# Standard input as the file a.yaml is refused with the line and hint.
refuses() {
    cat >a.yaml
    fails_with 2 "scope collect: $1" "$2" collect --config a.yaml
}

@test "unknown keys" {
    refuses "a.yaml:1:1: unknown section 'colect'" "did you mean collect?" \
        <<<'colect: {interval: 1s}'
    refuses "a.yaml:2:3: unknown option --intervall" "did you mean --interval?" <<'Y'
collect:
  intervall: 1s
Y
    refuses "a.yaml:4:7: unknown option proc.intervall" \
        "did you mean proc.interval?" <<'Y'
collect:
  collector:
    proc:
      intervall: 1s
Y
    refuses "a.yaml:2:15: unknown collector 'prok'" "did you mean proc?" <<'Y'
collect:
  collector: {prok: }
Y
    refuses "a.yaml:1:11: a configuration file names no other" "" \
        <<<'collect: {config: b.yaml}'
}

@test "wrong units and types" {
    refuses "a.yaml:1:21: --interval: '10' is a duration without a unit" \
        "write a number and a unit: 10ms, 1.5s, 2m (ns, us, ms, s, m, h, d)" \
        <<<'collect: {interval: 10}'
    refuses "a.yaml:1:21: --interval: '1ms' is below the minimum of 10ms" "" \
        <<<'collect: {interval: 1ms}'
    refuses "a.yaml:1:22: --interval takes one value, not a list" "" \
        <<<'collect: {interval: [1s, 2s]}'
    refuses "a.yaml:1:10: a mapping of options is expected here" "" \
        <<<'collect: [interval]'
    refuses "a.yaml:1:1: a mapping from commands to their options is expected here" \
        "" <<<'- collect'
}

@test "duplicate keys" {
    refuses "a.yaml:3:3: the key 'interval' is given twice" "" <<'Y'
collect:
  interval: 1s
  interval: 2s
Y
}

@test "deep nesting" {
    printf '[%.0s' $(seq 100000) >a.yaml
    fails_with 2 "scope collect: a.yaml:1:65: nested more than 64 levels deep" \
        "" collect --config a.yaml
}

@test "an alias bomb" {
    refuses "a.yaml:1:4: anchors and aliases are not accepted" "" <<'Y'
a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
Y
}

@test "a file of 100 MB is refused without being read" {
    truncate -s 100M a.yaml
    fails_with 2 "scope collect: a.yaml:1:1: the file is larger than 16 MiB" "" \
        collect --config a.yaml
}

@test "tags, second documents, bad bytes, what is no YAML, what is not there" {
    refuses "a.yaml:1:10: tags are not accepted" "" <<<'collect: !!map {}'
    refuses "a.yaml:2:1: a second document is not accepted" "" <<'Y'
collect: {}
---
Y
    printf 'collect: \377\n' | refuses "a.yaml:1:10: invalid leading UTF-8 octet" ""
    printf 'collect: \0\n' | refuses "a.yaml:1:10: control characters are not allowed" ""
    refuses "a.yaml:2:1: while parsing a flow mapping, did not find expected ',' or '}'" \
        "" <<<'collect: {interval: 1s'
    fails_with 2 "scope collect: open absent.yaml: No such file or directory" "" \
        collect --config absent.yaml
}

@test "a good file is what the command line would have said" {
    cat >a.yaml <<'Y'
collect:
  all: yes
  interval: 20ms
  duration: 150ms
  label: {policy: none, size: 1KiB}
  collector:
    proc: {interval: 30ms}
Y
    run scope collect --config a.yaml --label also=this -o file.scope
    # 4: a busy machine missed sweeps, which is not what is asked here.
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
    run scope store info file.scope
    [ "$status" -eq 0 ]
    [[ "$output" == *policy* ]]
}
