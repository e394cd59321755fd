/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every metric of proc, once: index, name, semantics, type, unit, what an
 * instance is, and where in proc the figure stands.
 *
 * Open sets of keys (meminfo, vmstat, snmp, netstat, memory.stat) are
 * instances of a few metrics, one for each meaning and unit: so a kernel's new
 * key is stored too. Where its name does not tell what it means it becomes an
 * instance of "...other", a gauge that claims neither a rate nor a unit.
 */
#ifndef PROC_METRICS_H
#define PROC_METRICS_H

#include <scope/metric.h>

/* The ten times of a cpu line of stat, for the machine and for each CPU. */
#define CPU_TIMES(X, id, name, domain, of)                                     \
    X(id##_USER, name ".user", COUNTER, U64, NS, domain,                       \
      "time in user mode, guests included" of)                                 \
    X(id##_NICE, name ".nice", COUNTER, U64, NS, domain,                       \
      "time in user mode with low priority" of)                                \
    X(id##_SYSTEM, name ".system", COUNTER, U64, NS, domain,                   \
      "time in the kernel, interrupts not included" of)                        \
    X(id##_IDLE, name ".idle", COUNTER, U64, NS, domain, "time idle" of)       \
    X(id##_IOWAIT, name ".iowait", COUNTER, U64, NS, domain,                   \
      "time idle while a task of it waited for a disk" of)                     \
    X(id##_IRQ, name ".irq", COUNTER, U64, NS, domain,                         \
      "time in interrupts" of)                                                 \
    X(id##_SOFTIRQ, name ".softirq", COUNTER, U64, NS, domain,                 \
      "time in soft interrupts" of)                                            \
    X(id##_STEAL, name ".steal", COUNTER, U64, NS, domain,                     \
      "time the hypervisor gave to others" of)                                 \
    X(id##_GUEST, name ".guest", COUNTER, U64, NS, domain,                     \
      "time running guests, part of user" of)                                  \
    X(id##_GUEST_NICE, name ".guest_nice", COUNTER, U64, NS, domain,           \
      "time running guests with low priority, part of nice" of)

#define NET(X, way, id, text, base, what)                                      \
    X(NET_##id, "system.net." way "." text, COUNTER, U64, base, "device",      \
      what ", net/dev, " way)

/* In the order of net/dev. */
#define NET_METRICS(X)                                                         \
    NET(X, "rx", RX_BYTES, "bytes", BYTES, "bytes")                            \
    NET(X, "rx", RX_PACKETS, "packets", COUNT, "packets")                      \
    NET(X, "rx", RX_ERRORS, "errors", COUNT, "errors")                         \
    NET(X, "rx", RX_DROPS, "drops", COUNT, "packets dropped")                  \
    NET(X, "rx", RX_FIFO, "fifo", COUNT, "FIFO errors")                        \
    NET(X, "rx", RX_FRAME, "frame", COUNT, "framing errors")                   \
    NET(X, "rx", RX_COMPRESSED, "compressed", COUNT, "compressed packets")     \
    NET(X, "rx", RX_MULTICAST, "multicast", COUNT, "multicast packets")        \
    NET(X, "tx", TX_BYTES, "bytes", BYTES, "bytes")                            \
    NET(X, "tx", TX_PACKETS, "packets", COUNT, "packets")                      \
    NET(X, "tx", TX_ERRORS, "errors", COUNT, "errors")                         \
    NET(X, "tx", TX_DROPS, "drops", COUNT, "packets dropped")                  \
    NET(X, "tx", TX_FIFO, "fifo", COUNT, "FIFO errors")                        \
    NET(X, "tx", TX_COLLS, "collisions", COUNT, "collisions")                  \
    NET(X, "tx", TX_CARRIER, "carrier", COUNT, "carrier losses")               \
    NET(X, "tx", TX_COMPRESSED, "compressed", COUNT, "compressed packets")

#define SYSTEM_METRICS(X)                                                      \
    CPU_TIMES(X, CPU, "system.cpu", NULL, ", stat cpu (ticks)")                \
    CPU_TIMES(X, PERCPU, "system.percpu", "cpu", ", stat cpuN (ticks)")        \
    X(INTR_TOTAL, "system.interrupts.total", COUNTER, U64, COUNT, NULL,        \
      "interrupts served, stat intr")                                          \
    X(SOFTIRQ_TOTAL, "system.softirqs.total", COUNTER, U64, COUNT, NULL,       \
      "soft interrupts served, stat softirq")                                  \
    X(SWITCHES, "system.switches", COUNTER, U64, COUNT, NULL,                  \
      "context switches, stat ctxt")                                           \
    X(FORKS, "system.forks", COUNTER, U64, COUNT, NULL,                        \
      "processes and threads made, stat processes")                            \
    X(RUNNING, "system.tasks.running", GAUGE, U64, COUNT, NULL,                \
      "tasks running or ready to run, stat procs_running")                     \
    X(BLOCKED, "system.tasks.blocked", GAUGE, U64, COUNT, NULL,                \
      "tasks waiting for a disk, stat procs_blocked")                          \
    X(TASKS, "system.tasks.total", GAUGE, U64, COUNT, NULL,                    \
      "tasks that exist, loadavg field 4")                                     \
    X(LOAD1, "system.load.1m", GAUGE, F64, COUNT, NULL,                        \
      "tasks running or uninterruptible, mean of about 1 min, loadavg")        \
    X(LOAD5, "system.load.5m", GAUGE, F64, COUNT, NULL,                        \
      "tasks running or uninterruptible, mean of about 5 min, loadavg")        \
    X(LOAD15, "system.load.15m", GAUGE, F64, COUNT, NULL,                      \
      "tasks running or uninterruptible, mean of about 15 min, loadavg")       \
    X(MEMORY, "system.memory", GAUGE, U64, BYTES, "kind",                      \
      "memory by kind, meminfo")                                               \
    X(MEMORY_PAGES, "system.memory.pages", GAUGE, U64, COUNT, "kind",          \
      "huge pages by kind, the keys of meminfo without kB")                    \
    X(VMSTAT, "system.vmstat", COUNTER, U64, COUNT, "event",                   \
      "memory management events, vmstat")                                      \
    X(VMSTAT_PAGED, "system.vmstat.paged", COUNTER, U64, BYTES, "event",       \
      "bytes read from and written to block devices, vmstat pgpgin, "          \
      "pgpgout")                                                               \
    X(VMSTAT_MEMORY, "system.vmstat.memory", GAUGE, U64, BYTES, "kind",        \
      "memory by kind, the pages of vmstat nr_*")                              \
    X(VMSTAT_OTHER, "system.vmstat.other", GAUGE, U64, COUNT, "key",           \
      "keys of vmstat that scope does not know: counters or levels")           \
    X(PRESSURE_SOME, "system.pressure.some", COUNTER, U64, NS, "resource",     \
      "time in which some task waited for it, pressure/* some total")          \
    X(PRESSURE_FULL, "system.pressure.full", COUNTER, U64, NS, "resource",     \
      "time in which all tasks waited for it, pressure/* full total")          \
    NET_METRICS(X)                                                             \
    X(SNMP, "system.snmp", COUNTER, U64, COUNT, "counter",                     \
      "protocol counters, net/snmp")                                           \
    X(SNMP_BYTES, "system.snmp.bytes", COUNTER, U64, BYTES, "counter",         \
      "protocol counters of octets, net/snmp")                                 \
    X(SNMP_LEVEL, "system.snmp.level", GAUGE, I64, COUNT, "counter",           \
      "protocol levels and settings, net/snmp")                                \
    X(NETSTAT, "system.netstat", COUNTER, U64, COUNT, "counter",               \
      "protocol counters, net/netstat")                                        \
    X(NETSTAT_BYTES, "system.netstat.bytes", COUNTER, U64, BYTES, "counter",   \
      "protocol counters of octets, net/netstat")                              \
    X(NETSTAT_LEVEL, "system.netstat.level", GAUGE, I64, COUNT, "counter",     \
      "protocol levels, net/netstat")                                          \
    X(DISK_READS, "system.disk.reads", COUNTER, U64, COUNT, "device",          \
      "reads completed, diskstats field 4")                                    \
    X(DISK_READS_MERGED, "system.disk.reads.merged", COUNTER, U64, COUNT,      \
      "device", "reads merged, diskstats field 5")                             \
    X(DISK_READ_BYTES, "system.disk.read.bytes", COUNTER, U64, BYTES,          \
      "device", "bytes read, diskstats field 6 (sectors of 512)")              \
    X(DISK_READ_TIME, "system.disk.read.time", COUNTER, U64, NS, "device",     \
      "time of all reads added up, diskstats field 7 (ms)")                    \
    X(DISK_WRITES, "system.disk.writes", COUNTER, U64, COUNT, "device",        \
      "writes completed, diskstats field 8")                                   \
    X(DISK_WRITES_MERGED, "system.disk.writes.merged", COUNTER, U64, COUNT,    \
      "device", "writes merged, diskstats field 9")                            \
    X(DISK_WRITE_BYTES, "system.disk.write.bytes", COUNTER, U64, BYTES,        \
      "device", "bytes written, diskstats field 10 (sectors of 512)")          \
    X(DISK_WRITE_TIME, "system.disk.write.time", COUNTER, U64, NS, "device",   \
      "time of all writes added up, diskstats field 11 (ms)")                  \
    X(DISK_INFLIGHT, "system.disk.inflight", GAUGE, U64, COUNT, "device",      \
      "requests in progress, diskstats field 12")                              \
    X(DISK_BUSY, "system.disk.busy", COUNTER, U64, NS, "device",               \
      "time with requests in progress, diskstats field 13 (ms)")               \
    X(DISK_QUEUED, "system.disk.queued", COUNTER, U64, NS, "device",           \
      "time in progress of all requests, diskstats field 14 (ms)")             \
    X(DISK_DISCARDS, "system.disk.discards", COUNTER, U64, COUNT, "device",    \
      "discards completed, diskstats field 15")                                \
    X(DISK_DISCARDS_MERGED, "system.disk.discards.merged", COUNTER, U64,       \
      COUNT, "device", "discards merged, diskstats field 16")                  \
    X(DISK_DISCARD_BYTES, "system.disk.discard.bytes", COUNTER, U64, BYTES,    \
      "device", "bytes discarded, diskstats field 17 (sectors of 512)")        \
    X(DISK_DISCARD_TIME, "system.disk.discard.time", COUNTER, U64, NS,         \
      "device", "time of all discards added up, diskstats field 18 (ms)")      \
    X(DISK_FLUSHES, "system.disk.flushes", COUNTER, U64, COUNT, "device",      \
      "flushes completed, diskstats field 19")                                 \
    X(DISK_FLUSH_TIME, "system.disk.flush.time", COUNTER, U64, NS, "device",   \
      "time of all flushes added up, diskstats field 20 (ms)")                 \
    X(SOFTIRQS, "system.softirqs", COUNTER, U64, COUNT, "softirq",             \
      "soft interrupts by kind, over all CPUs, softirqs")                      \
    X(SOFTIRQS_CPU, "system.softirqs.cpu", COUNTER, U64, COUNT, "cpu",         \
      "soft interrupts by CPU, over all kinds, softirqs")                      \
    X(INTERRUPTS, "system.interrupts", COUNTER, U64, COUNT, "irq",             \
      "interrupts by line, over all CPUs, interrupts")                         \
    X(INTERRUPTS_CPU, "system.interrupts.cpu", COUNTER, U64, COUNT, "cpu",     \
      "interrupts by CPU, over all lines, interrupts")

#define IO_METRICS(X, id, name, file)                                          \
    X(id##_READ_CHARS, name ".io.read.chars", COUNTER, U64, BYTES, NULL,       \
      "bytes asked for by read(2) and the like, " file " rchar")               \
    X(id##_WRITE_CHARS, name ".io.write.chars", COUNTER, U64, BYTES, NULL,     \
      "bytes given to write(2) and the like, " file " wchar")                  \
    X(id##_READ_CALLS, name ".io.read.calls", COUNTER, U64, COUNT, NULL,       \
      "calls of read(2) and the like, " file " syscr")                         \
    X(id##_WRITE_CALLS, name ".io.write.calls", COUNTER, U64, COUNT, NULL,     \
      "calls of write(2) and the like, " file " syscw")                        \
    X(id##_READ_BYTES, name ".io.read.bytes", COUNTER, U64, BYTES, NULL,       \
      "bytes fetched from storage, " file " read_bytes")                       \
    X(id##_WRITE_BYTES, name ".io.write.bytes", COUNTER, U64, BYTES, NULL,     \
      "bytes sent towards storage, " file " write_bytes")                      \
    X(id##_CANCELLED, name ".io.cancelled.bytes", COUNTER, U64, BYTES, NULL,   \
      "bytes of write.bytes dropped before they were written, " file           \
      " cancelled_write_bytes")

#define SMAPS(X, id, name, key, what)                                          \
    X(PROCESS_SMAPS_##id, "process.smaps." name, GAUGE, U64, BYTES, NULL,      \
      what ", PID/smaps_rollup " key)

#define PROCESS_METRICS(X)                                                     \
    X(PROCESS_CPU, "process.cpu", COUNTER, U64, NS, NULL,                      \
      "CPU time of all threads, ended ones too, exact: the process's CPU "     \
      "clock (clock_getcpuclockid(3))")                                        \
    X(PROCESS_USER, "process.cpu.user", COUNTER, U64, NS, NULL,                \
      "CPU time in user mode, in clock ticks (10 ms): PID/stat utime; for "    \
      "short intervals take process.cpu")                                      \
    X(PROCESS_SYSTEM, "process.cpu.system", COUNTER, U64, NS, NULL,            \
      "CPU time in the kernel, in clock ticks (10 ms): PID/stat stime; for "   \
      "short intervals take process.cpu")                                      \
    X(PROCESS_REAPED_USER, "process.reaped.user", COUNTER, U64, NS, NULL,      \
      "user CPU time of children that ended and were waited for, PID/stat "    \
      "cutime (ticks)")                                                        \
    X(PROCESS_REAPED_SYSTEM, "process.reaped.system", COUNTER, U64, NS, NULL,  \
      "system CPU time of children that ended and were waited for, PID/stat "  \
      "cstime (ticks)")                                                        \
    X(PROCESS_MINOR, "process.faults.minor", COUNTER, U64, COUNT, NULL,        \
      "page faults served from memory, PID/stat minflt")                       \
    X(PROCESS_MAJOR, "process.faults.major", COUNTER, U64, COUNT, NULL,        \
      "page faults that had to read, PID/stat majflt")                         \
    X(PROCESS_THREADS, "process.threads", GAUGE, U64, COUNT, NULL,             \
      "threads, PID/stat num_threads")                                         \
    X(PROCESS_WAIT, "process.run.wait", COUNTER, U64, NS, NULL,                \
      "time ready to run but waiting for a CPU, over the threads seen: what "  \
      "a thread adds after its last sweep is lost, PID/task/TID/schedstat "    \
      "field 2")                                                               \
    X(PROCESS_SLICES, "process.run.slices", COUNTER, U64, COUNT, NULL,         \
      "times put on a CPU, over the threads seen, PID/task/TID/schedstat "     \
      "field 3")                                                               \
    X(PROCESS_VOLUNTARY, "process.switches.voluntary", COUNTER, U64, COUNT,    \
      NULL,                                                                    \
      "context switches because it waited, over the threads seen, "            \
      "PID/task/TID/status voluntary_ctxt_switches")                           \
    X(PROCESS_INVOLUNTARY, "process.switches.involuntary", COUNTER, U64,       \
      COUNT, NULL,                                                             \
      "context switches because another had its turn, over the threads "       \
      "seen, PID/task/TID/status nonvoluntary_ctxt_switches")                  \
    X(PROCESS_VIRTUAL, "process.memory.virtual", GAUGE, U64, BYTES, NULL,      \
      "address space, PID/statm size")                                         \
    X(PROCESS_RESIDENT, "process.memory.resident", GAUGE, U64, BYTES, NULL,    \
      "memory in use, PID/statm resident; the kernel counts it in batches, "   \
      "process.smaps.rss is exact")                                            \
    X(PROCESS_SHARED, "process.memory.shared", GAUGE, U64, BYTES, NULL,        \
      "memory in use of files and shared memory, PID/statm shared")            \
    X(PROCESS_DATA, "process.memory.data", GAUGE, U64, BYTES, NULL,            \
      "address space of data and stack, PID/statm data")                       \
    X(PROCESS_PEAK, "process.memory.peak", GAUGE, U64, BYTES, NULL,            \
      "highest memory in use so far, PID/status VmHWM")                        \
    X(PROCESS_ANON, "process.memory.anonymous", GAUGE, U64, BYTES, NULL,       \
      "anonymous memory in use, PID/status RssAnon")                           \
    X(PROCESS_FILE, "process.memory.file", GAUGE, U64, BYTES, NULL,            \
      "memory in use of files, PID/status RssFile")                            \
    X(PROCESS_SHMEM, "process.memory.shmem", GAUGE, U64, BYTES, NULL,          \
      "shared memory in use, PID/status RssShmem")                             \
    X(PROCESS_SWAP, "process.memory.swap", GAUGE, U64, BYTES, NULL,            \
      "memory in swap, PID/status VmSwap")                                     \
    X(PROCESS_PAGETABLES, "process.memory.pagetables", GAUGE, U64, BYTES,      \
      NULL, "page tables, PID/status VmPTE")                                   \
    IO_METRICS(X, PROCESS, "process", "PID/io")                                \
    X(PROCESS_FDS, "process.fds", GAUGE, U64, COUNT, NULL,                     \
      "open file descriptors, PID/fd")                                         \
    SMAPS(X, RSS, "rss", "Rss", "memory in use")                               \
    SMAPS(X, PSS, "pss", "Pss", "memory in use, shared pages in part")         \
    SMAPS(X, PSS_DIRTY, "pss.dirty", "Pss_Dirty", "dirty part of pss")         \
    SMAPS(X, PSS_ANON, "pss.anonymous", "Pss_Anon", "anonymous part of pss")   \
    SMAPS(X, PSS_FILE, "pss.file", "Pss_File", "file part of pss")             \
    SMAPS(X, PSS_SHMEM, "pss.shmem", "Pss_Shmem", "shared memory of pss")      \
    SMAPS(X, SHARED_CLEAN, "shared.clean", "Shared_Clean", "shared, clean")    \
    SMAPS(X, SHARED_DIRTY, "shared.dirty", "Shared_Dirty", "shared, dirty")    \
    SMAPS(X, PRIVATE_CLEAN, "private.clean", "Private_Clean",                  \
          "its own, clean")                                                    \
    SMAPS(X, PRIVATE_DIRTY, "private.dirty", "Private_Dirty",                  \
          "its own, dirty")                                                    \
    SMAPS(X, REFERENCED, "referenced", "Referenced", "accessed recently")      \
    SMAPS(X, ANON, "anonymous", "Anonymous", "not of files")                   \
    SMAPS(X, HUGE, "anonymous.huge", "AnonHugePages",                          \
          "transparent huge pages")                                            \
    SMAPS(X, SWAP, "swap", "Swap", "in swap")                                  \
    SMAPS(X, SWAP_PSS, "swap.pss", "SwapPss", "in swap, shared in part")       \
    SMAPS(X, LOCKED, "locked", "Locked", "locked in memory")

#define THREAD_METRICS(X)                                                      \
    X(THREAD_CPU, "thread.cpu", COUNTER, U64, NS, NULL,                        \
      "CPU time, exact but for the slice not yet over, PID/task/TID/"          \
      "schedstat field 1")                                                     \
    X(THREAD_WAIT, "thread.run.wait", COUNTER, U64, NS, NULL,                  \
      "time ready to run but waiting for a CPU, PID/task/TID/schedstat "       \
      "field 2")                                                               \
    X(THREAD_SLICES, "thread.run.slices", COUNTER, U64, COUNT, NULL,           \
      "times put on a CPU, PID/task/TID/schedstat field 3")                    \
    X(THREAD_USER, "thread.cpu.user", COUNTER, U64, NS, NULL,                  \
      "CPU time in user mode, in clock ticks (10 ms): PID/task/TID/stat "      \
      "utime; for short intervals take thread.cpu")                            \
    X(THREAD_SYSTEM, "thread.cpu.system", COUNTER, U64, NS, NULL,              \
      "CPU time in the kernel, in clock ticks (10 ms): PID/task/TID/stat "     \
      "stime; for short intervals take thread.cpu")                            \
    X(THREAD_MINOR, "thread.faults.minor", COUNTER, U64, COUNT, NULL,          \
      "page faults served from memory, PID/task/TID/stat minflt")              \
    X(THREAD_MAJOR, "thread.faults.major", COUNTER, U64, COUNT, NULL,          \
      "page faults that had to read, PID/task/TID/stat majflt")                \
    X(THREAD_PROCESSOR, "thread.processor", GAUGE, U64, COUNT, NULL,           \
      "number of the CPU it ran on last, PID/task/TID/stat processor")         \
    X(THREAD_VOLUNTARY, "thread.switches.voluntary", COUNTER, U64, COUNT,      \
      NULL,                                                                    \
      "context switches because it waited, PID/task/TID/status "               \
      "voluntary_ctxt_switches")                                               \
    X(THREAD_INVOLUNTARY, "thread.switches.involuntary", COUNTER, U64, COUNT,  \
      NULL,                                                                    \
      "context switches because another had its turn, PID/task/TID/status "    \
      "nonvoluntary_ctxt_switches")                                            \
    IO_METRICS(X, THREAD, "thread", "PID/task/TID/io")

#define CGROUP_METRICS(X)                                                      \
    X(CGROUP_CPU, "cgroup.cpu", COUNTER, U64, NS, NULL,                        \
      "CPU time, cpu.stat usage_usec; v1 cpuacct.usage")                       \
    X(CGROUP_USER, "cgroup.cpu.user", COUNTER, U64, NS, NULL,                  \
      "CPU time in user mode, cpu.stat user_usec; v1 cpuacct.stat user "       \
      "(ticks)")                                                               \
    X(CGROUP_SYSTEM, "cgroup.cpu.system", COUNTER, U64, NS, NULL,              \
      "CPU time in the kernel, cpu.stat system_usec; v1 cpuacct.stat system "  \
      "(ticks)")                                                               \
    X(CGROUP_PERIODS, "cgroup.cpu.periods", COUNTER, U64, COUNT, NULL,         \
      "enforcement periods, cpu.stat nr_periods")                              \
    X(CGROUP_THROTTLED, "cgroup.cpu.throttled", COUNTER, U64, COUNT, NULL,     \
      "periods in which it was throttled, cpu.stat nr_throttled")              \
    X(CGROUP_THROTTLED_TIME, "cgroup.cpu.throttled.time", COUNTER, U64, NS,    \
      NULL, "time throttled, cpu.stat throttled_usec; v1 throttled_time")      \
    X(CGROUP_BURSTS, "cgroup.cpu.bursts", COUNTER, U64, COUNT, NULL,           \
      "periods with a burst, cpu.stat nr_bursts")                              \
    X(CGROUP_BURST_TIME, "cgroup.cpu.bursts.time", COUNTER, U64, NS, NULL,     \
      "time above the quota in bursts, cpu.stat burst_usec; v1 burst_time")    \
    X(CGROUP_MEMORY, "cgroup.memory", GAUGE, U64, BYTES, NULL,                 \
      "memory in use, memory.current; v1 memory.usage_in_bytes")               \
    X(CGROUP_MEMORY_PEAK, "cgroup.memory.peak", GAUGE, U64, BYTES, NULL,       \
      "highest memory in use so far, memory.peak; v1 "                         \
      "memory.max_usage_in_bytes")                                             \
    X(CGROUP_SWAP, "cgroup.memory.swap", GAUGE, U64, BYTES, NULL,              \
      "swap in use, memory.swap.current")                                      \
    X(CGROUP_MEMORY_FAILS, "cgroup.memory.fails", COUNTER, U64, COUNT, NULL,   \
      "times the limit was hit, v1 memory.failcnt")                            \
    X(CGROUP_MEMORY_KIND, "cgroup.memory.kind", GAUGE, U64, BYTES, "kind",     \
      "memory by kind, memory.stat; v1 total_*")                               \
    X(CGROUP_MEMORY_EVENT, "cgroup.memory.event", COUNTER, U64, COUNT,         \
      "event", "memory management events, memory.stat; v1 total_*")            \
    X(CGROUP_MEMORY_LIMIT, "cgroup.memory.limit", COUNTER, U64, COUNT,         \
      "event", "times a limit acted, memory.events")                           \
    X(CGROUP_IO_READ_BYTES, "cgroup.io.read.bytes", COUNTER, U64, BYTES,       \
      "device", "bytes read, io.stat; v1 blkio.throttle.io_service_bytes")     \
    X(CGROUP_IO_WRITE_BYTES, "cgroup.io.write.bytes", COUNTER, U64, BYTES,     \
      "device", "bytes written, io.stat; v1 blkio.throttle.io_service_bytes")  \
    X(CGROUP_IO_READS, "cgroup.io.reads", COUNTER, U64, COUNT, "device",       \
      "reads, io.stat; v1 blkio.throttle.io_serviced")                         \
    X(CGROUP_IO_WRITES, "cgroup.io.writes", COUNTER, U64, COUNT, "device",     \
      "writes, io.stat; v1 blkio.throttle.io_serviced")                        \
    X(CGROUP_IO_DISCARD_BYTES, "cgroup.io.discard.bytes", COUNTER, U64, BYTES, \
      "device",                                                                \
      "bytes discarded, io.stat; v1 blkio.throttle.io_service_bytes")          \
    X(CGROUP_IO_DISCARDS, "cgroup.io.discards", COUNTER, U64, COUNT, "device", \
      "discards, io.stat; v1 blkio.throttle.io_serviced")                      \
    X(CGROUP_PIDS, "cgroup.pids", GAUGE, U64, COUNT, NULL,                     \
      "tasks in it, pids.current")                                             \
    X(CGROUP_PIDS_PEAK, "cgroup.pids.peak", GAUGE, U64, COUNT, NULL,           \
      "highest number of tasks so far, pids.peak")                             \
    X(CGROUP_PRESSURE_SOME, "cgroup.pressure.some", COUNTER, U64, NS,          \
      "resource",                                                              \
      "time in which some task waited for it, *.pressure some total")          \
    X(CGROUP_PRESSURE_FULL, "cgroup.pressure.full", COUNTER, U64, NS,          \
      "resource",                                                              \
      "time in which all tasks waited for it, *.pressure full total")

#define PROC_METRICS(X)                                                        \
    SYSTEM_METRICS(X)                                                          \
    PROCESS_METRICS(X)                                                         \
    THREAD_METRICS(X)                                                          \
    CGROUP_METRICS(X)

enum proc_metric {
#define X(id, name, semantics, value, unit, domain, help) METRIC_##id,
    PROC_METRICS(X)
#undef X
        METRIC_COUNT,
    METRIC_NONE = METRIC_COUNT, /* a key that is not wanted */
};

extern const struct scope_metric proc_metrics[];

#endif
