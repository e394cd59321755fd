# SPDX-License-Identifier: GPL-3.0-or-later
# libscope: the program and the tests link it whole, so that every function of
# the plugin contract is there for the plugins to resolve.
noinst_LIBRARIES += %D%/libscope.a
%C%_libscope_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(GSL_CFLAGS) \
	$(YAML_CFLAGS) $(ZLIB_CFLAGS) $(JANSSON_CFLAGS)
%C%_libscope_a_SOURCES =

SCOPE_LIBS = $(WHOLE_LIBSCOPE) \
	$(SQLITE_LIBS) $(GSL_LIBS) $(YAML_LIBS) $(ZLIB_LIBS) $(JANSSON_LIBS) \
	-ldl -lm
SCOPE_LIBS_DEPS = lib/libscope.a
include lib/base/local.mk
include lib/host/local.mk
include lib/store/local.mk
include lib/stats/local.mk
include lib/present/local.mk
include lib/net/local.mk
include lib/perf/local.mk
