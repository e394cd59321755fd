# SPDX-License-Identifier: GPL-3.0-or-later
bin_PROGRAMS += scope
scope_SOURCES = \
	%D%/command.h \
	%D%/main.c
scope_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
scope_LDADD = $(SCOPE_LIBS)
scope_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
