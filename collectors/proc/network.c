/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net/dev, net/snmp and net/netstat of scope's own network namespace. */
#include "collectors/proc/scan.h"
#include "collectors/proc/system.h"

#include <string.h>

#define NET_DEV_COUNT (METRIC_NET_TX_COMPRESSED - METRIC_NET_RX_BYTES + 1)

/* "  eth0: 1 2 3 ..." behind two lines of header. */
void parse_netdev(struct system *system, struct system_file *file,
                  const char *text)
{
    layout_begin(&file->layout);
    for (const char *line = text; *line; line = scan_line(line)) {
        const char *name = scan_blanks(line);
        size_t length = scan_word(name);
        /* A name may hold colons; the one that ends it is the last. */
        const char *colon = memrchr(name, ':', length);
        const char *at = colon ? colon + 1 : NULL;
        uint64_t value;
        bool fresh;
        if (!colon || colon == name)
            continue;
        struct slot *slot =
            layout_find(&file->layout, name, (size_t)(colon - name), &fresh);
        if (fresh)
            slot->instance = system_instance(system, slot->key);
        for (unsigned i = 0; i < NET_DEV_COUNT && scan_u64(&at, &value); i++)
            system_emit(system, METRIC_NET_RX_BYTES + i, slot->instance, value);
    }
    layout_end(&file->layout);
}

/* The names of one protocol's line are known by the whole of it: the layout
 * holds a slot a column, named "Tcp.InSegs". */
struct names {
    unsigned counter, bytes, level;
};

/* Not counters, of all that the kernels 4.19 to 6.18 have. */
static bool is_level(const char *name)
{
    static const char *const levels[] = {
        "Ip.Forwarding", "Ip.DefaultTTL",        "Tcp.RtoAlgorithm",
        "Tcp.RtoMin",    "Tcp.RtoMax",           "Tcp.MaxConn",
        "Tcp.CurrEstab", "MPTcpExt.MPCurrEstab",
    };
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(name, levels[i]) == 0)
            return true;
    return false;
}

static bool ends_with(const char *text, const char *tail)
{
    size_t length = strlen(text);
    size_t size = strlen(tail);
    return length >= size && strcmp(text + length - size, tail) == 0;
}

static void classify(struct slot *slot, const struct names *names)
{
    slot->metric = is_level(slot->key)              ? names->level
                   : ends_with(slot->key, "Octets") ? names->bytes
                                                    : names->counter;
}

/* One column: name in the upper line, value in the lower. */
static void parse_column(struct system *system, struct system_file *file,
                         const struct names *names, const char *protocol,
                         size_t protocol_length, const char *name,
                         const char **value)
{
    char key[128];
    size_t length = scan_word(name);
    bool fresh;
    int64_t signed_value;
    uint64_t unsigned_value;
    if (protocol_length + 1 + length > sizeof key) {
        *value = scan_skip(*value, 1);
        return;
    }
    memcpy(key, protocol, protocol_length);
    key[protocol_length] = '.';
    memcpy(key + protocol_length + 1, name, length);
    struct slot *slot =
        layout_find(&file->layout, key, protocol_length + 1 + length, &fresh);
    if (fresh) {
        classify(slot, names);
        slot->instance = system_instance(system, slot->key);
    }
    if (slot->metric == names->level) {
        if (scan_i64(value, &signed_value))
            scope_emit_i64(system->reader->sink, slot->metric, slot->instance,
                           signed_value);
    } else if (scan_u64(value, &unsigned_value)) {
        system_emit(system, slot->metric, slot->instance, unsigned_value);
    } else {
        *value = scan_skip(*value, 1);
    }
}

/* Pairs of lines: "Tcp: Name Name ..." and "Tcp: 1 2 ...". */
static void parse_pairs(struct system *system, struct system_file *file,
                        const char *text, const struct names *names)
{
    layout_begin(&file->layout);
    const char *line = text;
    while (*line) {
        const char *values = scan_line(line);
        size_t protocol = strcspn(line, ":\n");
        if (line[protocol] != ':' || strncmp(line, values, protocol + 1) != 0) {
            line = values;
            continue;
        }
        const char *value = values + protocol + 1;
        for (const char *name = scan_blanks(line + protocol + 1);
             !scan_is_end(*name); name = scan_blanks(name + scan_word(name)))
            parse_column(system, file, names, line, protocol, name, &value);
        line = scan_line(values);
    }
    layout_end(&file->layout);
}

void parse_snmp(struct system *system, struct system_file *file,
                const char *text)
{
    static const struct names names = {.counter = METRIC_SNMP,
                                       .bytes = METRIC_SNMP_BYTES,
                                       .level = METRIC_SNMP_LEVEL};
    parse_pairs(system, file, text, &names);
}

void parse_netstat(struct system *system, struct system_file *file,
                   const char *text)
{
    static const struct names names = {.counter = METRIC_NETSTAT,
                                       .bytes = METRIC_NETSTAT_BYTES,
                                       .level = METRIC_NETSTAT_LEVEL};
    parse_pairs(system, file, text, &names);
}
