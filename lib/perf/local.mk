# SPDX-License-Identifier: GPL-3.0-or-later
# What collectors share that use perf_event_open(2), and only they link.
noinst_LTLIBRARIES += %D%/libperf.la
%C%_libperf_la_SOURCES = \
	%D%/group.c %D%/group.h \
	%D%/process.c %D%/process.h \
	%D%/ring.c %D%/ring.h \
	%D%/tids.c %D%/tids.h
# Else a file that leaves the list stays in the library.
EXTRA_%C%_libperf_la_DEPENDENCIES = $(srcdir)/%D%/local.mk
