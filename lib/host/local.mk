# SPDX-License-Identifier: GPL-3.0-or-later
lib_libscope_a_SOURCES += \
	%D%/targets.c %D%/targets.h \
	%D%/targets_cgroup.c %D%/targets_cgroup.h \
	%D%/targets_port.c %D%/targets_port.h \
	%D%/targets_proc.c %D%/targets_proc.h \
	%D%/targets_scan.c \
	%D%/targets_select.c %D%/targets_select.h \
	%D%/targets_set.h %D%/targets_threads.c

lib_libscope_a_SOURCES += \
	%D%/absent.c %D%/absent.h \
	%D%/kinds.c \
	%D%/loader.c %D%/loader.h \
	%D%/picks.c %D%/picks.h \
	%D%/plugin_file.c %D%/plugin_file.h \
	%D%/plugin_ops.c \
	%D%/plugin_options.c \
	%D%/plugin_table.c %D%/plugin_table.h \
	%D%/probe.c \
	%D%/snippets.c %D%/snippets.h \
	%D%/trust.c %D%/trust.h

lib_libscope_a_SOURCES += \
	%D%/driver_child.c %D%/driver_child.h \
	%D%/driver_process.c %D%/driver_process.h \
	%D%/facts.c %D%/facts.h \
	%D%/frame.c %D%/frame.h \
	%D%/queue.c %D%/queue.h \
	%D%/sampler.c %D%/sampler.h \
	%D%/sink.c %D%/sink.h
