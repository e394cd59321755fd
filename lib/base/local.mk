# SPDX-License-Identifier: GPL-3.0-or-later
lib_libscope_a_SOURCES += \
	%D%/alloc.c \
	%D%/bytes.h \
	%D%/categories.c %D%/categories.h \
	%D%/categories_read.c \
	%D%/clock.c %D%/clock.h \
	%D%/data_files.c %D%/data_files.h \
	%D%/err.c \
	%D%/glob.c %D%/glob.h \
	%D%/inert.c %D%/inert.h \
	%D%/hist.c %D%/hist_codec.c %D%/hist_codec.h \
	%D%/hist_ticks.c %D%/hist_ticks.h \
	%D%/nearest.c \
	%D%/option_table.c \
	%D%/options.c %D%/options.h \
	%D%/profile.c %D%/profile_piece.c %D%/profile_tables.h \
	%D%/sha256.c %D%/sha256.h \
	%D%/text.c %D%/text.h \
	%D%/units.c %D%/units.h \
	%D%/yaml.c %D%/yaml.h \
	%D%/yaml_settings.c

# What of it drivers and backends link in, to read files of their own.
noinst_LTLIBRARIES += %D%/libbase.la
%C%_libbase_la_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS)
%C%_libbase_la_LIBADD = $(YAML_LIBS)
%C%_libbase_la_SOURCES = \
	%D%/nearest.c \
	%D%/option_table.c \
	%D%/options.c %D%/options.h \
	%D%/text.c %D%/text.h \
	%D%/units.c %D%/units.h \
	%D%/yaml.c %D%/yaml.h \
	%D%/yaml_settings.c
