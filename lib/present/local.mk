# SPDX-License-Identifier: GPL-3.0-or-later
lib_libscope_a_SOURCES += \
	%D%/csv.c \
	%D%/draw.c \
	%D%/export_inside.h \
	%D%/flame.c %D%/flame.h \
	%D%/flame_html.c \
	%D%/flame_page.c \
	%D%/flame_rows.c \
	%D%/flame_tree.c \
	%D%/fortio.c \
	%D%/gnuplot.c %D%/gnuplot.h \
	%D%/hdr_log.c \
	%D%/heat.c \
	%D%/heat_script.c %D%/heat_script.h \
	%D%/hgrm.c \
	%D%/html.c %D%/html.h \
	%D%/json.c \
	%D%/json_value.c %D%/json_value.h \
	%D%/layout.c %D%/layout.h \
	%D%/load_export.c %D%/load_export.h \
	%D%/load_json.c \
	%D%/load_timeline.c %D%/load_timeline.h \
	%D%/load_verdict.c \
	%D%/markdown.c \
	%D%/model.c %D%/model.h \
	%D%/present.c %D%/present.h \
	%D%/profile_export.c \
	%D%/scale.c %D%/scale.h \
	%D%/script.c %D%/script.h \
	%D%/script_terminal.c \
	%D%/terminal.c

# The script of flame graphs as a text in the program, without what is for its
# readers: its comments and its indentation.
EXTRA_DIST += %D%/flame.js
BUILT_SOURCES += %D%/flame_js.h
CLEANFILES += %D%/flame_js.h
%D%/flame_js.h: %D%/flame.js
	$(AM_V_GEN)$(MKDIR_P) %D% && { echo 'static const char flame_js[] ='; \
		$(SED) -e '/^ *\/\//d' -e '/^$$/d' -e 's/^ *//' \
			-e 's/[\\"]/\\&/g' -e 's/.*/    "&\\n"/' \
			'$(srcdir)/lib/present/flame.js'; \
		echo '    ;'; } >$@.tmp && mv $@.tmp $@
