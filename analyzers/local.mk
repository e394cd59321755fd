# SPDX-License-Identifier: GPL-3.0-or-later
# One file (or folder) a plugin; adding one is one word here.
analyzersdir = $(plugindir)/analyzers
analyzers_LTLIBRARIES =
analyzers_LTLIBRARIES += %D%/flame.la
analyzers_flame_la_SOURCES = \
	analyzers/flame/changes.c analyzers/flame/changes.h \
	analyzers/flame/colours.c \
	analyzers/flame/flame.c \
	analyzers/flame/side.c analyzers/flame/side.h \
	analyzers/flame/tree.c analyzers/flame/tree.h
analyzers_LTLIBRARIES += %D%/latency.la
analyzers_latency_la_SOURCES = \
	analyzers/latency/answers.c analyzers/latency/answers.h \
	analyzers/latency/kinds.c analyzers/latency/kinds.h \
	analyzers/latency/latency.c \
	analyzers/latency/tables.c analyzers/latency/tables.h
analyzers_LTLIBRARIES += %D%/summary.la
analyzers_summary_la_SOURCES = \
	analyzers/summary/cost.c analyzers/summary/cost.h \
	analyzers/summary/summary.c
analyzers_LTLIBRARIES += %D%/syscalls.la
analyzers_syscalls_la_SOURCES = \
	analyzers/syscalls/bars.c analyzers/syscalls/bars.h \
	analyzers/syscalls/compare.c analyzers/syscalls/compare.h \
	analyzers/syscalls/conditions.c analyzers/syscalls/conditions.h \
	analyzers/syscalls/counts.c analyzers/syscalls/counts.h \
	analyzers/syscalls/counts_inside.h analyzers/syscalls/counts_read.c \
	analyzers/syscalls/syscalls.c \
	analyzers/syscalls/tables.c analyzers/syscalls/tables.h \
	analyzers/syscalls/tracing.c analyzers/syscalls/tracing.h
analyzers_LTLIBRARIES += %D%/cycles.la
analyzers_cycles_la_SOURCES = \
	analyzers/cycles/breakdown.c \
	analyzers/cycles/categories.c \
	analyzers/cycles/costs.c analyzers/cycles/costs.h \
	analyzers/cycles/cycles.c \
	analyzers/cycles/differences.c \
	analyzers/cycles/functions.c \
	analyzers/cycles/sampled.c \
	analyzers/cycles/sampling.c \
	analyzers/cycles/tables.h \
	analyzers/cycles/uncategorised.c
