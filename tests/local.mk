# SPDX-License-Identifier: GPL-3.0-or-later
# `make check` runs everything here; each folder adds its own.
# LeakSanitizer misreads where libraries of plugins (libpq's, among others) keep
# their dynamic thread-local memory, and dies of it: it is not to look.
AM_TESTS_ENVIRONMENT = \
	ASAN_OPTIONS=intercept_tls_get_addr=0; export ASAN_OPTIONS; \
	SCOPE_SOURCE='$(abs_top_srcdir)' SCOPE_BUILD='$(abs_top_builddir)' \
	SCOPE_PLUGIN_PATH='$(abs_top_builddir)/collectors/.libs:$(abs_top_builddir)/drivers/.libs:$(abs_top_builddir)/plugins/backends/.libs:$(abs_top_builddir)/analyzers/.libs'; \
	SCOPE_DATA_PATH='$(abs_top_srcdir)/data'; \
	BATS_TEST_TIMEOUT=120; \
	export SCOPE_SOURCE SCOPE_BUILD SCOPE_PLUGIN_PATH SCOPE_DATA_PATH BATS_TEST_TIMEOUT;
TEST_EXTENSIONS = .bats
BATS_LOG_COMPILER = $(BATS)

include tests/unit/local.mk
include tests/contract/local.mk
include tests/cli/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/torture/local.mk
include tests/programs/local.mk
