/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collector proc over made-up trees: every file, nasty ones too. */
#include "tests/unit/unit.h"

#include "tests/unit/host.h"
#include "tests/unit/tree.h"

#include <stdio.h>
#include <unistd.h>

#define MAX "18446744073709551615"
#define SETTINGS(...)                                                          \
    (const char *const[])                                                      \
    {                                                                          \
        __VA_ARGS__, NULL                                                      \
    }

static const struct scope_target machine = {
    .id = 1, .kind = SCOPE_TARGET_SYSTEM, .name = "system", .role = ""};

static double as_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t tick(void)
{
    return UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
}

static bool has(const struct host *host, const char *metric,
                const char *instance)
{
    uint64_t bits;
    return host_has(host, metric, &machine, instance, &bits);
}

static uint64_t value(const struct host *host, const char *metric,
                      const char *instance)
{
    return host_value(host, metric, &machine, instance);
}

static void times_of_cpus_that_come_are_read(void **state)
{
    (void)state;
    char *tree = tree_new();
    tree_file(tree, "stat",
              "cpu  10 20 30 40 50 60 70 80 90 100\n"
              "cpu0 1 0 0 0 0 0 0 0 0 0\n"
              "cpu1 2 0 0 0 0 0 0 0 0 0\n"
              "cpu3 4 0 0 0\n"
              "intr 777 1 2 3\nctxt " MAX "\nbtime 5\nprocesses 7\n"
              "procs_running 3\nprocs_blocked 1\nsoftirq 99 1 2\n");
    struct host *host = host_open(SETTINGS("root", tree));
    assert_int_equal(host_attach(host, &machine, NULL), SCOPE_OK);
    host_sample(host);
    assert_int_equal(value(host, "system.cpu.user", ""), 10 * tick());
    assert_int_equal(value(host, "system.cpu.guest_nice", ""), 100 * tick());
    assert_int_equal(value(host, "system.percpu.user", "cpu3"), 4 * tick());
    assert_false(has(host, "system.percpu.iowait", "cpu3"));
    assert_int_equal(value(host, "system.interrupts.total", ""), 777);
    assert_true(value(host, "system.switches", "") == UINT64_MAX);
    assert_int_equal(value(host, "system.forks", ""), 7);
    assert_int_equal(value(host, "system.softirqs.total", ""), 99);
    tree_file(tree, "stat",
              "cpu  11 20\ncpu0 1 2\ncpu1 2 3\ncpu2 3 4\ncpu3 4 5\n"
              "cpu1023 5 6\n");
    host_sample(host);
    assert_int_equal(value(host, "system.percpu.user", "cpu2"), 3 * tick());
    assert_int_equal(value(host, "system.percpu.user", "cpu3"), 4 * tick());
    assert_int_equal(value(host, "system.percpu.nice", "cpu1023"), 6 * tick());
    assert_false(has(host, "system.switches", ""));
    tree_file(tree, "stat", "cpu  12 20\ncpu3 9 9\n");
    host_sample(host);
    assert_int_equal(value(host, "system.percpu.user", "cpu3"), 9 * tick());
    assert_false(has(host, "system.percpu.user", "cpu0"));
    host_close(host);
    tree_remove(tree);
}

static void load_and_pressure_are_read(void **state)
{
    (void)state;
    char *tree = tree_new();
    tree_file(tree, "stat", "cpu  1\n");
    tree_file(tree, "loadavg", "0.25 12.50 300.00 3/4567 99\n");
    tree_file(tree, "pressure/cpu",
              "some avg10=0.00 avg60=0.00 avg300=0.00 total=123\n");
    tree_file(tree, "pressure/io",
              "some avg10=9.99 avg60=0.00 avg300=0.00 total=5\n"
              "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
    struct host *host = host_open(SETTINGS("root", tree));
    assert_int_equal(host_attach(host, &machine, NULL), SCOPE_OK);
    host_sample(host);
    assert_true(as_double(value(host, "system.load.1m", "")) == 0.25);
    assert_true(as_double(value(host, "system.load.15m", "")) == 300.0);
    assert_int_equal(value(host, "system.tasks.total", ""), 4567);
    assert_int_equal(value(host, "system.pressure.some", "cpu"), 123000);
    assert_false(has(host, "system.pressure.full", "cpu"));
    assert_int_equal(value(host, "system.pressure.full", "io"), 7000);
    host_close(host);
    tree_remove(tree);
}

static void memory_keys_get_their_meaning(void **state)
{
    (void)state;
    char *tree = tree_new();
    tree_file(tree, "stat", "cpu  1\n");
    tree_file(tree, "meminfo",
              "MemTotal:       16 kB\nActive(anon):  2 kB\n"
              "HugePages_Total:       3\nNewThing: 4 kB\n");
    tree_file(tree, "vmstat",
              "nr_free_pages 5\nnr_dirtied 6\npgpgin 7\npgfault " MAX "\n"
              "nr_kernel_stack 8\nworkingset_nodes 9\nworkingset_refault_anon "
              "10\nbrand_new_key 11\nbroken\n\n");
    struct host *host = host_open(SETTINGS("root", tree));
    host_attach(host, &machine, NULL);
    host_sample(host);
    assert_int_equal(value(host, "system.memory", "MemTotal"), 16384);
    assert_int_equal(value(host, "system.memory", "Active(anon)"), 2048);
    assert_int_equal(value(host, "system.memory", "NewThing"), 4096);
    assert_int_equal(value(host, "system.memory.pages", "HugePages_Total"), 3);
    assert_int_equal(value(host, "system.vmstat.memory", "nr_free_pages"),
                     5 * sysconf(_SC_PAGESIZE));
    assert_int_equal(value(host, "system.vmstat", "nr_dirtied"), 6);
    assert_int_equal(value(host, "system.vmstat.paged", "pgpgin"), 7168);
    assert_true(value(host, "system.vmstat", "pgfault") == UINT64_MAX);
    assert_int_equal(value(host, "system.vmstat.memory", "nr_kernel_stack"),
                     8192);
    assert_int_equal(value(host, "system.vmstat.other", "workingset_nodes"), 9);
    assert_int_equal(value(host, "system.vmstat.other", "brand_new_key"), 11);
    /* A key that comes later, in the middle. */
    tree_file(tree, "meminfo", "MemTotal: 1 kB\nOther: 2 kB\nNewThing: 3 kB\n");
    host_sample(host);
    assert_int_equal(value(host, "system.memory", "Other"), 2048);
    assert_int_equal(value(host, "system.memory", "NewThing"), 3072);
    host_close(host);
    tree_remove(tree);
}

static void network_files_are_read(void **state)
{
    (void)state;
    char *tree = tree_new();
    tree_file(tree, "stat", "cpu  1\n");
    tree_file(tree, "net/dev",
              "Inter-|   Receive          |  Transmit\n"
              " face |bytes    packets errs |bytes\n"
              "    lo: " MAX " 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
              "eth0.1:22 1 0 0 0 0 0 0 33 0 0 0 0 0 0 0\n");
    tree_file(tree, "net/snmp",
              "Tcp: MaxConn CurrEstab InSegs\nTcp: -1 4 5\n"
              "Odd: A\nUdp: InDatagrams\nUdp: 6\n");
    tree_file(tree, "net/netstat",
              "IpExt: InOctets New\nIpExt: " MAX
              " 8\nTcpExt: A B\nTcpExt: 1\n");
    struct host *host = host_open(SETTINGS("root", tree));
    host_attach(host, &machine, NULL);
    host_sample(host);
    assert_true(value(host, "system.net.rx.bytes", "lo") == UINT64_MAX);
    assert_int_equal(value(host, "system.net.rx.multicast", "lo"), 8);
    assert_int_equal(value(host, "system.net.tx.compressed", "lo"), 16);
    assert_int_equal(value(host, "system.net.tx.bytes", "eth0.1"), 33);
    assert_true((int64_t)value(host, "system.snmp.level", "Tcp.MaxConn") == -1);
    assert_int_equal(value(host, "system.snmp.level", "Tcp.CurrEstab"), 4);
    assert_int_equal(value(host, "system.snmp", "Tcp.InSegs"), 5);
    assert_int_equal(value(host, "system.snmp", "Udp.InDatagrams"), 6);
    assert_true(value(host, "system.netstat.bytes", "IpExt.InOctets") ==
                UINT64_MAX);
    assert_int_equal(value(host, "system.netstat", "IpExt.New"), 8);
    assert_int_equal(value(host, "system.netstat", "TcpExt.A"), 1);
    assert_false(has(host, "system.netstat", "TcpExt.B"));
    host_close(host);
    tree_remove(tree);
}

static void disks_and_interrupts_are_read(void **state)
{
    (void)state;
    char *tree = tree_new();
    tree_file(tree, "stat", "cpu  1\n");
    tree_file(tree, "diskstats",
              "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"
              " 259       1 nvme0n1p1 1 2 3 4\n8 0\n");
    tree_file(tree, "interrupts",
              "           CPU0       CPU2\n"
              "  0:         10          1   IO-APIC    2-edge      timer\n"
              " 24:        100         20   PCI-MSI 1-edge      eth0-rx-0\n"
              "NMI:          3          4   Non-maskable interrupts\n"
              "ERR:          7\n");
    tree_file(tree, "softirqs",
              "                    CPU0       CPU2\n"
              "          HI:          1          2\n"
              "      NET_RX:         10         20\n");
    struct host *host = host_open(SETTINGS("root", tree));
    host_attach(host, &machine, NULL);
    host_sample(host);
    assert_int_equal(value(host, "system.disk.read.bytes", "sda"), 3 * 512);
    assert_int_equal(value(host, "system.disk.write.time", "sda"), 8000000);
    assert_int_equal(value(host, "system.disk.inflight", "sda"), 9);
    assert_int_equal(value(host, "system.disk.flush.time", "sda"), 17000000);
    assert_int_equal(value(host, "system.disk.reads", "nvme0n1p1"), 1);
    assert_false(has(host, "system.disk.writes", "nvme0n1p1"));
    assert_int_equal(value(host, "system.interrupts", "24:eth0-rx-0"), 120);
    assert_int_equal(value(host, "system.interrupts", "NMI"), 7);
    assert_int_equal(value(host, "system.interrupts", "ERR"), 7);
    assert_int_equal(value(host, "system.interrupts.cpu", "cpu2"), 25);
    assert_int_equal(value(host, "system.softirqs", "NET_RX"), 30);
    assert_int_equal(value(host, "system.softirqs.cpu", "cpu0"), 11);
    host_close(host);
    tree_remove(tree);
}

static void more_interrupts_than_a_buffer_are_read(void **state)
{
    (void)state;
    struct scope_text text = {0};
    char *tree = tree_new();
    tree_file(tree, "stat", "cpu  1\n");
    scope_text_add(&text, " CPU0\n");
    for (int i = 0; i < 5000; i++)
        scope_text_add(&text, " %d: %d PCI-MSI edge queue-%d\n", i, i * 3, i);
    tree_bytes(tree, "interrupts", text.bytes, text.length);
    struct host *host = host_open(SETTINGS("root", tree));
    host_attach(host, &machine, NULL);
    host_sample(host);
    assert_int_equal(value(host, "system.interrupts", "4999:queue-4999"),
                     4999 * 3);
    assert_int_equal(value(host, "system.interrupts.cpu", "cpu0"),
                     3 * (4999 * 5000 / 2));
    host_close(host);
    scope_text_free(&text);
    tree_remove(tree);
}

static const struct scope_target process = {
    .id = 2,
    .kind = SCOPE_TARGET_PROCESS,
    .pid = 30,
    .tid = 30,
    .start_ticks = 500,
    .name = "a) R (b\n",
    .role = "",
};
static const struct scope_target thread = {
    .id = 3,
    .kind = SCOPE_TARGET_THREAD,
    .pid = 30,
    .tid = 31,
    .start_ticks = 600,
    .process = 2,
    .name = "t",
    .role = "",
};

static void write_process(const char *tree)
{
    tree_file(tree, "stat", "cpu  1\n");
    tree_file(tree, "30/stat",
              "30 (a) R (b\n) S 1 1 1 0 -1 4194304 11 12 13 14 15 16 17 18 20 "
              "-5 21 0 500 1000 10 " MAX " 1 1 0 0 0 0 0 0 0 0 0 0 17 3 0 0\n");
    tree_file(tree, "30/statm", "100 50 20 5 0 30 0\n");
    tree_file(tree, "30/io",
              "rchar: 1\nwchar: " MAX "\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"
              "write_bytes: 6\ncancelled_write_bytes: 7\n");
    tree_file(tree, "30/status",
              "Name:\tvoluntary_ctxt_switches:\t666\nVmHWM:\t      12 kB\n"
              "RssAnon:\t 5 kB\nThreads:\t2\nvoluntary_ctxt_switches:\t9\n"
              "nonvoluntary_ctxt_switches:\t8\n");
    tree_file(tree, "30/smaps_rollup",
              "00400000-7fff00 ---p 00000000 00:00 0    [rollup]\n"
              "Rss:                  44 kB\nPss:                  33 kB\n");
    tree_file(tree, "30/fd/0", "%s", "");
    tree_file(tree, "30/fd/7", "%s", "");
    tree_file(tree, "30/task/31/stat",
              "31 (t) R 1 1 1 0 -1 0 21 0 22 0 23 24 0 0 20 0 2 0 600 0 0 0 0 "
              "0 0 0 0 0 0 0 0 0 0 0 17 2\n");
    tree_file(tree, "30/task/31/schedstat", "1000 200 30\n");
    tree_file(tree, "30/task/31/status",
              "Name:\tt\nvoluntary_ctxt_switches:\t5\n"
              "nonvoluntary_ctxt_switches:\t6\n");
    tree_file(tree, "30/task/31/io", "rchar: 17\n");
}

static void processes_and_threads_are_read(void **state)
{
    (void)state;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    char *tree = tree_new();
    write_process(tree);
    struct host *host = host_open(SETTINGS("root", tree));
    assert_int_equal(host_attach(host, &process, NULL), SCOPE_OK);
    assert_int_equal(host_attach(host, &thread, NULL), SCOPE_OK);
    host_sample(host);
    const struct {
        const char *metric;
        const struct scope_target *target;
        uint64_t wanted;
    } rows[] = {
        {"process.faults.minor", &process, 11},
        {"process.faults.major", &process, 13},
        {"process.cpu.user", &process, 15 * tick()},
        {"process.cpu.system", &process, 16 * tick()},
        {"process.reaped.system", &process, 18 * tick()},
        {"process.threads", &process, 21},
        {"process.memory.virtual", &process, 100 * page},
        {"process.memory.data", &process, 30 * page},
        {"process.io.read.chars", &process, 1},
        {"process.io.write.chars", &process, UINT64_MAX},
        {"process.io.cancelled.bytes", &process, 7},
        {"process.memory.peak", &process, 12 * 1024},
        {"process.memory.anonymous", &process, 5 * 1024},
        {"process.fds", &process, 2},
        {"process.smaps.rss", &process, 44 * 1024},
        {"process.smaps.pss", &process, 33 * 1024},
        {"process.run.wait", &process, 200},
        {"process.run.slices", &process, 30},
        {"process.switches.voluntary", &process, 5},
        {"thread.cpu", &thread, 1000},
        {"thread.run.wait", &thread, 200},
        {"thread.cpu.user", &thread, 23 * tick()},
        {"thread.faults.minor", &thread, 21},
        {"thread.processor", &thread, 2},
        {"thread.switches.involuntary", &thread, 6},
        {"thread.io.read.chars", &thread, 17},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(host_value(host, rows[i].metric, rows[i].target, "") ==
                    rows[i].wanted);
    /* What the thread did stays in the sums when it is gone. */
    host_detach(host, &thread);
    struct scope_target next = thread;
    next.id = 4;
    next.tid = 32;
    tree_file(tree, "30/task/32/stat",
              "32 (t) R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 600 0 0 0\n");
    tree_file(tree, "30/task/32/schedstat", "5 7 1\n");
    assert_int_equal(host_attach(host, &next, NULL), SCOPE_OK);
    host_sample(host);
    assert_int_equal(host_value(host, "process.run.wait", &process, ""), 207);
    assert_int_equal(host_value(host, "process.run.slices", &process, ""), 31);
    host_close(host);
    tree_remove(tree);
}

static void truncated_files_give_what_they_have(void **state)
{
    (void)state;
    uint64_t bits;
    char *tree = tree_new();
    write_process(tree);
    struct host *host = host_open(SETTINGS("root", tree, "slow", "1"));
    assert_int_equal(host_attach(host, &process, NULL), SCOPE_OK);
    static const char *const lines[] = {
        "30 (a) S 1 1 1 0 -1 0 11", "30 (a) S", "30 (a)", "30 (", "30", "",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        tree_file(tree, "30/stat", "%s", lines[i]);
        tree_file(tree, "30/statm", "%.*s", 5 - (int)i, "100 5");
        tree_file(tree, "30/io", "%.*s", 8 - (int)i, "rchar: 5");
        tree_file(tree, "30/status", "%.*s", 8 - (int)i, "VmHWM: 5");
        tree_file(tree, "30/smaps_rollup", "%.*s", 12 - 2 * (int)i,
                  "0-1\nRss: 5 k");
        host_sample(host);
        assert_int_equal(
            host_has(host, "process.faults.minor", &process, "", &bits),
            i == 0);
        assert_false(host_has(host, "process.cpu.user", &process, "", &bits));
        assert_int_equal(
            host_has(host, "process.io.read.chars", &process, "", &bits),
            i == 0);
    }
    host_close(host);
    tree_remove(tree);
}

static void a_reused_pid_is_not_attached(void **state)
{
    (void)state;
    struct scope_err err = {0};
    char *tree = tree_new();
    write_process(tree);
    struct host *host = host_open(SETTINGS("root", tree));
    struct scope_target other = process;
    other.start_ticks = 501;
    assert_int_equal(host_attach(host, &other, &err), SCOPE_NOT_FOUND);
    other.pid = 31;
    assert_int_equal(host_attach(host, &other, &err), SCOPE_NOT_FOUND);
    host_close(host);
    tree_remove(tree);
}

static void costly_files_wait_for_their_turn(void **state)
{
    (void)state;
    uint64_t bits;
    char *tree = tree_new();
    write_process(tree);
    struct host *host = host_open(SETTINGS("root", tree, "slow", "4"));
    assert_int_equal(host_attach(host, &process, NULL), SCOPE_OK);
    int costly = 0;
    int cheap = 0;
    for (int i = 0; i < 9; i++) {
        host_sample(host);
        costly += host_has(host, "process.smaps.rss", &process, "", &bits);
        cheap += host_has(host, "process.memory.data", &process, "", &bits);
    }
    assert_int_equal(cheap, 9);
    assert_int_equal(costly, 3); /* the first, and two in eight */
    host_close(host);
    tree_remove(tree);
}

static void cgroups_of_both_versions_are_read(void **state)
{
    (void)state;
    char *tree = tree_new();
    tree_file(tree, "stat", "cpu  1\n");
    tree_file(tree, "v2/pod/cpu.stat",
              "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\n"
              "nr_throttled 3\nthrottled_usec 2\n");
    tree_file(tree, "v2/pod/memory.current", "4096\n");
    tree_file(tree, "v2/pod/memory.stat", "anon 100\npgfault 7\nnew_key 8\n");
    tree_file(tree, "v2/pod/memory.events", "low 0\noom_kill 2\n");
    tree_file(tree, "v2/pod/io.stat",
              "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n"
              "259:1 wbytes=9 cost.usage=3\n");
    tree_file(tree, "v2/pod/pids.current", "12\n");
    tree_file(tree, "v2/pod/pids.peak", "max\n");
    tree_file(tree, "v2/pod/cpu.pressure", "some avg10=0 total=5\n");
    tree_file(tree, "v1/cpuacct/old/cpuacct.usage", "123456789\n");
    tree_file(tree, "v1/cpuacct/old/cpuacct.stat", "user 5\nsystem 6\n");
    tree_file(tree, "v1/cpu/old/cpu.stat",
              "nr_periods 1\nnr_throttled 2\nthrottled_time 3\n");
    tree_file(tree, "v1/memory/old/memory.usage_in_bytes", "8192\n");
    tree_file(tree, "v1/memory/old/memory.stat",
              "cache 1\npgfault 1\ntotal_cache 2\ntotal_pgfault 3\n");
    tree_file(tree, "v1/blkio/old/blkio.throttle.io_service_bytes",
              "8:0 Read 10\n8:0 Write 20\n8:0 Discard 30\n8:0 Total 60\n"
              "Total 60\n");
    tree_file(tree, "v1/pids/old/pids.current", "3\n");
    char *roots[] = {scope_format("%s/v1", tree),
                     scope_format("%s/v2/pod", tree),
                     scope_format("%s/v1/memory/old", tree)};
    const struct scope_target pod = {.id = 5,
                                     .kind = SCOPE_TARGET_CGROUP,
                                     .name = "/pod",
                                     .role = "",
                                     .cgroup = roots[1]};
    const struct scope_target old = {.id = 6,
                                     .kind = SCOPE_TARGET_CGROUP,
                                     .name = "/old",
                                     .role = "",
                                     .cgroup = roots[2]};
    struct host *host = host_open(SETTINGS("root", tree, "cgroups", roots[0]));
    assert_int_equal(host_attach(host, &pod, NULL), SCOPE_OK);
    assert_int_equal(host_attach(host, &old, NULL), SCOPE_OK);
    host_sample(host);
    const struct {
        const char *metric;
        const struct scope_target *target;
        const char *instance;
        uint64_t wanted;
    } rows[] = {
        {"cgroup.cpu", &pod, "", 30000},
        {"cgroup.cpu.throttled.time", &pod, "", 2000},
        {"cgroup.memory", &pod, "", 4096},
        {"cgroup.memory.kind", &pod, "anon", 100},
        {"cgroup.memory.kind", &pod, "new_key", 8},
        {"cgroup.memory.event", &pod, "pgfault", 7},
        {"cgroup.memory.limit", &pod, "oom_kill", 2},
        {"cgroup.io.read.bytes", &pod, "8:0", 1},
        {"cgroup.io.discards", &pod, "8:0", 6},
        {"cgroup.io.write.bytes", &pod, "259:1", 9},
        {"cgroup.pids", &pod, "", 12},
        {"cgroup.pressure.some", &pod, "cpu", 5000},
        {"cgroup.cpu", &old, "", 123456789},
        {"cgroup.cpu.system", &old, "", 6 * tick()},
        {"cgroup.cpu.throttled", &old, "", 2},
        {"cgroup.cpu.throttled.time", &old, "", 3},
        {"cgroup.memory", &old, "", 8192},
        {"cgroup.memory.kind", &old, "total_cache", 2},
        {"cgroup.memory.event", &old, "total_pgfault", 3},
        {"cgroup.io.write.bytes", &old, "8:0", 20},
        {"cgroup.io.discard.bytes", &old, "8:0", 30},
        {"cgroup.pids", &old, "", 3},
    };
    uint64_t bits;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(
            host_value(host, rows[i].metric, rows[i].target, rows[i].instance),
            rows[i].wanted);
    assert_false(host_has(host, "cgroup.pids.peak", &pod, "", &bits));
    assert_false(host_has(host, "cgroup.memory.kind", &old, "cache", &bits));
    host_detach(host, &pod);
    host_sample(host);
    assert_false(host_has(host, "cgroup.cpu", &pod, "", &bits));
    host_close(host);
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        free(roots[i]);
    tree_remove(tree);
}

static void groups_choose_the_files(void **state)
{
    (void)state;
    uint64_t bits;
    struct scope_err err = {0};
    char *tree = tree_new();
    write_process(tree);
    tree_file(tree, "loadavg", "1 2 3 4/5 6\n");
    struct host *host =
        host_open(SETTINGS("root", tree, "system", "loadavg", "process",
                           "statm,io", "threads", "no"));
    assert_int_equal(host_attach(host, &process, NULL), SCOPE_OK);
    assert_int_equal(host_attach(host, &thread, NULL), SCOPE_OK);
    host_sample(host);
    assert_int_equal(host_count(host), 4 + 4 + 7);
    assert_true(host_has(host, "system.load.1m", NULL, "", &bits));
    assert_false(host_has(host, "thread.cpu", &thread, "", &bits));
    host_close(host);
    assert_int_equal(host_try(SETTINGS("process", "stat,nothing"), &err),
                     SCOPE_USAGE);
    assert_string_equal(err.text,
                        "proc.process: no group of files is called 'nothing'");
    assert_string_equal(err.hint, "known are all, none, stat, statm, status, "
                                  "io, schedstat, fds, smaps");
    tree_remove(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_of_cpus_that_come_are_read),
        cmocka_unit_test(load_and_pressure_are_read),
        cmocka_unit_test(memory_keys_get_their_meaning),
        cmocka_unit_test(network_files_are_read),
        cmocka_unit_test(disks_and_interrupts_are_read),
        cmocka_unit_test(more_interrupts_than_a_buffer_are_read),
        cmocka_unit_test(processes_and_threads_are_read),
        cmocka_unit_test(truncated_files_give_what_they_have),
        cmocka_unit_test(a_reused_pid_is_not_attached),
        cmocka_unit_test(costly_files_wait_for_their_turn),
        cmocka_unit_test(cgroups_of_both_versions_are_read),
        cmocka_unit_test(groups_choose_the_files),
    };
    return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
