# SPDX-License-Identifier: GPL-3.0-or-later
# What tests and benches measure: programs whose figures are known.
check_PROGRAMS += tests/programs/calls
tests_programs_calls_SOURCES = %D%/calls.c

# One program in the forms that programs come in, whatever this build is
# otherwise. What a form is made for is in its name: a separate debug file is
# found by build-id (split) or by name (linked), or is not there (stripped).
FUNCTIONS = %D%/functions-pie %D%/functions-fixed %D%/functions-static \
	%D%/functions-staticpie %D%/functions-high %D%/functions-stripped \
	%D%/functions-split %D%/functions-split.debug \
	%D%/functions-linked %D%/functions-linked.debug \
	%D%/functions-embedded %D%/library.so %D%/library-other.so
check_DATA += $(FUNCTIONS)
MOSTLYCLEANFILES += $(FUNCTIONS)
FUNCTIONS_C = $(top_srcdir)/%D%/functions.c
FUNCTIONS_CC = $(AM_V_CC)$(MKDIR_P) %D% && $(CC) -std=gnu11 -D_GNU_SOURCE \
	-I$(top_srcdir) -O2 -fomit-frame-pointer -Wl,--build-id=sha1 -o $@
FUNCTIONS_DYNAMIC = $(FUNCTIONS_C) $(top_srcdir)/%D%/functions_load.c
FUNCTIONS_STATIC = $(FUNCTIONS_C) $(top_srcdir)/%D%/functions_static.c
EXTRA_DIST += %D%/functions.c %D%/functions.h %D%/functions_load.c \
	%D%/functions_static.c %D%/library.c

%D%/functions-pie: $(FUNCTIONS_DYNAMIC)
	$(FUNCTIONS_CC) -fPIE -pie $(FUNCTIONS_DYNAMIC) -ldl
%D%/functions-fixed: $(FUNCTIONS_DYNAMIC)
	$(FUNCTIONS_CC) -fno-pie -no-pie $(FUNCTIONS_DYNAMIC) -ldl
%D%/functions-static: $(FUNCTIONS_STATIC)
	$(FUNCTIONS_CC) -fno-pie -static $(FUNCTIONS_STATIC)
%D%/functions-staticpie: $(FUNCTIONS_STATIC)
	$(FUNCTIONS_CC) -fPIE -static-pie $(FUNCTIONS_STATIC)
# Linked for an address other than 0 though it can be moved, as prelink left
# programs.
%D%/functions-high: $(FUNCTIONS_DYNAMIC)
	$(FUNCTIONS_CC) -fPIE -pie -Wl,-Ttext-segment=0x40000000 \
		$(FUNCTIONS_DYNAMIC) -ldl
%D%/functions-stripped: %D%/functions-pie
	$(AM_V_GEN)strip -o $@ %D%/functions-pie
%D%/functions-split.debug: %D%/functions-staticpie
	$(AM_V_GEN)objcopy --only-keep-debug %D%/functions-staticpie $@
%D%/functions-split: %D%/functions-staticpie
	$(AM_V_GEN)strip -o $@ %D%/functions-staticpie
%D%/functions-linked.debug: $(FUNCTIONS_DYNAMIC)
	$(FUNCTIONS_CC).all -fPIE -pie -Wl,--build-id=none \
		$(FUNCTIONS_DYNAMIC) -ldl && \
	objcopy --only-keep-debug $@.all $@
%D%/functions-linked: %D%/functions-linked.debug
	$(AM_V_GEN)strip -o $@ %D%/functions-linked.debug.all && \
	objcopy --add-gnu-debuglink=%D%/functions-linked.debug $@
MOSTLYCLEANFILES += %D%/functions-linked.debug.all
# As Fedora embeds the names of static functions.
%D%/functions-embedded: %D%/functions-pie
	$(AM_V_GEN)objcopy -S --keep-symbol=beta --keep-symbol=gamma_ \
		--keep-symbol=alpha %D%/functions-pie $@.names && \
	xz -kf $@.names && \
	strip -o $@ %D%/functions-pie && \
	objcopy --add-section .gnu_debugdata=$@.names.xz $@
MOSTLYCLEANFILES += %D%/functions-embedded.names \
	%D%/functions-embedded.names.xz
%D%/library.so: $(top_srcdir)/%D%/library.c
	$(FUNCTIONS_CC) -DWORK=library_work -DINNER=library_inner -shared -fPIC \
		$(top_srcdir)/%D%/library.c
%D%/library-other.so: $(top_srcdir)/%D%/library.c
	$(FUNCTIONS_CC) -DWORK=another_work -DINNER=another_inner -shared -fPIC \
		$(top_srcdir)/%D%/library.c
check_PROGRAMS += tests/programs/burn
tests_programs_burn_SOURCES = %D%/burn.c
