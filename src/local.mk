# SPDX-License-Identifier: GPL-3.0-or-later
bin_PROGRAMS += scope
scope_SOURCES = \
	%D%/analysis.c %D%/analysis.h \
	%D%/arguments.c %D%/arguments.h \
	%D%/cmd_help.c \
	%D%/cmd_plugin.c \
	%D%/cmd_serve.c \
	%D%/command.h \
	%D%/config_file.c %D%/config_file.h \
	%D%/describe.c %D%/describe.h \
	%D%/main.c \
	%D%/skeleton.c %D%/skeleton.h
scope_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
scope_LDADD = $(SCOPE_LIBS)
scope_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
nodist_scope_SOURCES = %D%/skeleton_text.h
