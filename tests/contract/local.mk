# SPDX-License-Identifier: GPL-3.0-or-later
# Every built plugin through the loader.
tests_contract_plugins_SOURCES = %D%/plugins.c tests/unit/unit.h
tests_contract_plugins_LDADD = $(UNIT_LIBS)
tests_contract_plugins_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
if CMOCKA
check_PROGRAMS += %D%/plugins
TESTS += %D%/plugins
endif
