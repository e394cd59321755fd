# SPDX-License-Identifier: GPL-3.0-or-later
lib_libscope_a_SOURCES += \
	%D%/csv.c \
	%D%/draw.c \
	%D%/gnuplot.c %D%/gnuplot.h \
	%D%/html.c \
	%D%/json.c \
	%D%/layout.c %D%/layout.h \
	%D%/markdown.c \
	%D%/model.c %D%/model.h \
	%D%/present.c %D%/present.h \
	%D%/scale.c %D%/scale.h \
	%D%/script.c \
	%D%/terminal.c
