# SPDX-License-Identifier: GPL-3.0-or-later
# One file (or folder) a plugin; adding one is one word here.
collectorsdir = $(plugindir)/collectors
collectors_LTLIBRARIES =

PROC_SOURCES = \
	collectors/proc/cgroup.c collectors/proc/cgroup.h \
	collectors/proc/cpus.c \
	collectors/proc/disks.c \
	collectors/proc/file.c collectors/proc/file.h \
	collectors/proc/groups.c \
	collectors/proc/keys.c \
	collectors/proc/layout.c collectors/proc/layout.h \
	collectors/proc/memory.c \
	collectors/proc/metrics.c collectors/proc/metrics.h \
	collectors/proc/network.c \
	collectors/proc/proc.c collectors/proc/proc.h \
	collectors/proc/process.c collectors/proc/process.h \
	collectors/proc/scan.h \
	collectors/proc/stat.c \
	collectors/proc/system.c collectors/proc/system.h \
	collectors/proc/thread.c
collectors_LTLIBRARIES += collectors/proc.la
collectors_proc_la_SOURCES = $(PROC_SOURCES)

PERF_SOURCES = \
	collectors/perf/events.c collectors/perf/events.h \
	collectors/perf/machine.c collectors/perf/machine.h \
	collectors/perf/perf.c
collectors_LTLIBRARIES += collectors/perf.la
collectors_perf_la_SOURCES = $(PERF_SOURCES)
collectors_perf_la_LIBADD = lib/perf/libperf.la $(PFM_LIBS)

SYSCALLS_NAMES_SOURCES = \
	collectors/syscalls/counter.h collectors/syscalls/names.c
TRACEPOINTS_SOURCES = \
	collectors/syscalls/anchors.c collectors/syscalls/anchors.h \
	collectors/syscalls/percpu.c collectors/syscalls/percpu.h \
	collectors/syscalls/tracefs.c collectors/syscalls/tracefs.h \
	collectors/syscalls/tracepoints.c
SYSCALLS_NAMES_BUILT = collectors/syscalls/header_calls.h
# A row for every call that the kernel's header of this build names.
BUILT_SOURCES += $(SYSCALLS_NAMES_BUILT)
CLEANFILES += $(SYSCALLS_NAMES_BUILT)
collectors/syscalls/header_calls.h:
	$(AM_V_GEN)$(MKDIR_P) collectors/syscalls && \
	echo '#include <asm/unistd.h>' | \
	$(CPP) $(CPPFLAGS) -dM - | LC_ALL=C sort | \
	$(SED) -n 's/^#define __NR_\([a-z][a-z0-9_]*\) .*/CALL(\1)/p' | \
	grep -v -e '(syscalls)' -e '(arch_specific_syscall)' >$@.tmp && \
	mv $@.tmp $@

if LIBIBERTY
CYCLES_DEMANGLE = collectors/cycles/demangle.c
CYCLES_DEMANGLE_LIBS = -liberty
else
CYCLES_DEMANGLE = collectors/cycles/demangle_none.c
CYCLES_DEMANGLE_LIBS =
endif
if LIBDW
# What the plugin, its tests and the fuzzers share.
noinst_LTLIBRARIES += collectors/cycles/libsymbols.la
endif
collectors_cycles_libsymbols_la_SOURCES = \
	collectors/cycles/answers.h \
	collectors/cycles/build_id.c collectors/cycles/build_id.h \
	collectors/cycles/debug_file.c collectors/cycles/debug_file.h \
	$(CYCLES_DEMANGLE) collectors/cycles/demangle.h \
	collectors/cycles/elf_names.c collectors/cycles/elf_names.h \
	collectors/cycles/embedded.c collectors/cycles/embedded.h \
	collectors/cycles/expression.c collectors/cycles/expression.h \
	collectors/cycles/frames.c collectors/cycles/frames.h \
	collectors/cycles/frames_check.c collectors/cycles/frames_check.h \
	collectors/cycles/kallsyms.c collectors/cycles/kallsyms.h \
	collectors/cycles/linkage.c collectors/cycles/linkage.h \
	collectors/cycles/maps.c collectors/cycles/maps.h \
	collectors/cycles/module.c collectors/cycles/module.h \
	collectors/cycles/perfmap.c collectors/cycles/perfmap.h \
	collectors/cycles/process.c collectors/cycles/process.h \
	collectors/cycles/rank.h \
	collectors/cycles/registers.c collectors/cycles/registers.h \
	collectors/cycles/source.c collectors/cycles/source.h \
	collectors/cycles/space.c collectors/cycles/space.h \
	collectors/cycles/symbols.c collectors/cycles/symbols.h \
	collectors/cycles/table.c collectors/cycles/table.h \
	collectors/cycles/unwind.c \
	collectors/cycles/vdso.c collectors/cycles/vdso.h
EXTRA_collectors_cycles_libsymbols_la_SOURCES = \
	collectors/cycles/demangle.c collectors/cycles/demangle_none.c
collectors_cycles_libsymbols_la_CFLAGS = $(AM_CFLAGS) $(LIBDW_CFLAGS)
collectors_cycles_libsymbols_la_LDFLAGS =
collectors_cycles_libsymbols_la_LIBADD = $(LIBDW_LIBS) $(ZLIB_LIBS) \
	$(CYCLES_DEMANGLE_LIBS)
# A plugin that links it exports nothing of the static library.
CYCLES_HIDE = -Wl,--exclude-libs,libiberty.a
# Else a file that leaves the list stays in the library.
EXTRA_collectors_cycles_libsymbols_la_DEPENDENCIES = $(srcdir)/collectors/local.mk

SYSCALLS_SOURCES = $(SYSCALLS_NAMES_SOURCES) $(TRACEPOINTS_SOURCES) \
	collectors/syscalls/syscalls.c
SYSCALLS_BPF_SOURCES = \
	collectors/syscalls/arm64.bpf.h collectors/syscalls/x86.bpf.h \
	collectors/syscalls/bpf.c \
	collectors/syscalls/programs.c collectors/syscalls/programs.h \
	collectors/syscalls/tables.h \
	collectors/syscalls/tally.c collectors/syscalls/tally.h
EXTRA_DIST += collectors/syscalls/syscalls.bpf.c
# The object goes into programs.c. Its debugging information has the types that
# the running kernel's are compared with.
SYSCALLS_OBJECT = collectors/syscalls/syscalls.bpf.o
if BPF
SYSCALLS_SOURCES += $(SYSCALLS_BPF_SOURCES)
BUILT_SOURCES += collectors/syscalls/object.h
CLEANFILES += $(SYSCALLS_OBJECT) collectors/syscalls/object.h
else
SYSCALLS_SOURCES += collectors/syscalls/bpf_none.c
endif
$(SYSCALLS_OBJECT): collectors/syscalls/syscalls.bpf.c \
		collectors/syscalls/tables.h \
		collectors/syscalls/$(BPF_MACHINE).bpf.h
	$(AM_V_GEN)$(MKDIR_P) collectors/syscalls && \
	$(BPF_CLANG) -target bpf $(BPF_CFLAGS) $(LIBBPF_CFLAGS) \
		-DMACHINE='"collectors/syscalls/$(BPF_MACHINE).bpf.h"' \
		-I$(top_srcdir) -c $(top_srcdir)/collectors/syscalls/syscalls.bpf.c -o $@
# What .incbin reads is no dependency that the compiler writes down; this is.
collectors/syscalls/object.h: $(SYSCALLS_OBJECT)
	$(AM_V_GEN)echo '#define SYSCALLS_OBJECT "$(SYSCALLS_OBJECT)"' >$@
if SECCOMP
collectors_LTLIBRARIES += collectors/syscalls.la
endif
collectors_syscalls_la_SOURCES = $(SYSCALLS_SOURCES)
nodist_collectors_syscalls_la_SOURCES = $(SYSCALLS_NAMES_BUILT)
collectors_syscalls_la_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS) $(LIBBPF_CFLAGS)
collectors_syscalls_la_LIBADD = lib/perf/libperf.la $(SECCOMP_LIBS) $(LIBBPF_LIBS)
CYCLES_SOURCES = \
	collectors/cycles/cost.c collectors/cycles/cost.h \
	collectors/cycles/cycles.c \
	collectors/cycles/event.c collectors/cycles/event.h \
	collectors/cycles/lanes.c collectors/cycles/lanes.h \
	collectors/cycles/records.c collectors/cycles/records.h \
	collectors/cycles/stacks.c collectors/cycles/stacks.h \
	collectors/cycles/tasks.c collectors/cycles/tasks.h \
	collectors/cycles/threads.c collectors/cycles/threads.h
CYCLES_LIBS = collectors/cycles/libsymbols.la lib/perf/libperf.la -lm
if LIBDW
collectors_LTLIBRARIES += collectors/cycles.la
endif
collectors_cycles_la_SOURCES = $(CYCLES_SOURCES)
collectors_cycles_la_LIBADD = $(CYCLES_LIBS)
collectors_cycles_la_LDFLAGS = $(AM_LDFLAGS) $(CYCLES_HIDE)
