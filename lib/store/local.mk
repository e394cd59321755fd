# SPDX-License-Identifier: GPL-3.0-or-later
lib_libscope_a_SOURCES += \
	%D%/artifact.c %D%/artifact.h \
	%D%/bits.c %D%/bits.h \
	%D%/catalog.c %D%/catalog.h \
	%D%/dataset.c %D%/dataset_inside.h \
	%D%/db.c %D%/db.h \
	%D%/directory.c %D%/directory.h \
	%D%/hists.c \
	%D%/inspect.c %D%/inspect.h \
	%D%/ints.c %D%/ints.h \
	%D%/load.c %D%/load.h \
	%D%/lock.c %D%/lock.h \
	%D%/reader.h \
	%D%/recover.c \
	%D%/rows.c \
	%D%/samples.c \
	%D%/scan.c \
	%D%/schema.c %D%/schema.h \
	%D%/segment.c %D%/segment.h \
	%D%/series.c %D%/series.h \
	%D%/sources.c \
	%D%/tail.c %D%/tail.h \
	%D%/window.c %D%/window.h \
	%D%/writer.c %D%/writer.h %D%/writer_inside.h \
	%D%/xor.c %D%/xor.h
