# SPDX-License-Identifier: GPL-3.0-or-later
lib_libscope_a_SOURCES += \
	%D%/counts.c \
	%D%/interval.c \
	%D%/moments.c %D%/moments.h \
	%D%/outcome.c \
	%D%/quantile.c \
	%D%/student.c %D%/student.h \
	%D%/summary.c \
	%D%/track.c
