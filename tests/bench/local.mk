# SPDX-License-Identifier: GPL-3.0-or-later
EXTRA_DIST += tests/bench/run.sh

# ./dev bench pacing
EXTRA_DIST += tests/bench/pacing.sh

# ./dev bench serve
EXTRA_DIST += tests/bench/serve.sh

# ./dev bench stream
EXTRA_DIST += tests/bench/stream.sh

# ./dev bench oco
EXTRA_DIST += tests/bench/oco.sh

# ./dev bench sql
EXTRA_DIST += tests/bench/sql.sh

# ./dev bench syscalls
EXTRA_DIST += tests/bench/syscalls.sh

# ./dev bench sidecar
EXTRA_DIST += tests/bench/sidecar.sh

# ./dev bench store
check_PROGRAMS += tests/bench/store
tests_bench_store_SOURCES = \
	%D%/generate.c %D%/generate.h \
	%D%/store.c
tests_bench_store_LDADD = $(SCOPE_LIBS)
tests_bench_store_DEPENDENCIES = $(SCOPE_LIBS_DEPS)

# ./dev bench driver
check_PROGRAMS += tests/bench/driver
tests_bench_driver_SOURCES = \
	%D%/driver.c \
	tests/unit/load_report.c tests/unit/load_report.h
tests_bench_driver_LDADD = $(SCOPE_LIBS)
tests_bench_driver_DEPENDENCIES = $(SCOPE_LIBS_DEPS)

# ./dev bench collect
check_PROGRAMS += tests/bench/collect
tests_bench_collect_SOURCES = %D%/collect.c
tests_bench_collect_LDADD = $(SCOPE_LIBS)
tests_bench_collect_DEPENDENCIES = $(SCOPE_LIBS_DEPS)

# ./dev bench symbols
EXTRA_DIST += tests/bench/symbols.sh
if LIBDW
check_PROGRAMS += tests/bench/naming
endif
tests_bench_naming_SOURCES = %D%/naming.c
tests_bench_naming_LDADD = collectors/cycles/libsymbols.la $(SCOPE_LIBS)
tests_bench_naming_DEPENDENCIES = collectors/cycles/libsymbols.la \
	$(SCOPE_LIBS_DEPS)
