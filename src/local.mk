# SPDX-License-Identifier: GPL-3.0-or-later
bin_PROGRAMS += scope
scope_SOURCES = \
	%D%/analysis.c %D%/analysis.h \
	%D%/arguments.c %D%/arguments.h \
	%D%/cmd_help.c \
	%D%/command.h \
	%D%/config_file.c %D%/config_file.h \
	%D%/describe.c %D%/describe.h \
	%D%/main.c
scope_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
scope_LDADD = $(SCOPE_LIBS)
scope_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
