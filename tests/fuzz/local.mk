# SPDX-License-Identifier: GPL-3.0-or-later
# One file a parser with libFuzzer's function, a few lines here, and a folder
# of seeds in corpus/. With --enable-fuzzing (./dev fuzz) each is a libFuzzer
# program; else it replays its corpus in `make check`.
if FUZZING
FUZZ_MAIN = tests/fuzz/target.h
LIBFUZZER = -fsanitize=fuzzer
else
FUZZ_MAIN = tests/fuzz/target.h tests/fuzz/replay.c
LIBFUZZER =
endif
FUZZERS =

FUZZERS += tests/fuzz/hist
tests_fuzz_hist_SOURCES = tests/fuzz/hist.c $(FUZZ_MAIN)
tests_fuzz_hist_LDADD = $(SCOPE_LIBS)
tests_fuzz_hist_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
tests_fuzz_hist_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/profile
tests_fuzz_profile_SOURCES = tests/fuzz/profile.c $(FUZZ_MAIN)
tests_fuzz_profile_LDADD = $(SCOPE_LIBS)
tests_fuzz_profile_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
tests_fuzz_profile_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/http1
tests_fuzz_http1_SOURCES = tests/fuzz/http1.c $(FUZZ_MAIN)
tests_fuzz_http1_LDADD = lib/net/libstream.la $(SCOPE_LIBS)
tests_fuzz_http1_DEPENDENCIES = lib/net/libstream.la $(SCOPE_LIBS_DEPS)
tests_fuzz_http1_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/mux
tests_fuzz_mux_SOURCES = tests/fuzz/mux.c $(FUZZ_MAIN)
tests_fuzz_mux_LDADD = lib/net/libscenario.la lib/net/libstream.la \
	lib/net/libnet.la $(SCOPE_LIBS)
tests_fuzz_mux_DEPENDENCIES = lib/net/libscenario.la lib/net/libstream.la \
	lib/net/libnet.la $(SCOPE_LIBS_DEPS)
tests_fuzz_mux_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/session
tests_fuzz_session_SOURCES = tests/fuzz/session.c $(FUZZ_MAIN)
tests_fuzz_session_LDADD = lib/net/libscenario.la lib/net/libstream.la \
	lib/net/libnet.la $(SCOPE_LIBS)
tests_fuzz_session_DEPENDENCIES = lib/net/libscenario.la lib/net/libstream.la \
	lib/net/libnet.la $(SCOPE_LIBS_DEPS)
tests_fuzz_session_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/scenario
tests_fuzz_scenario_SOURCES = tests/fuzz/scenario.c $(FUZZ_MAIN)
tests_fuzz_scenario_LDADD = lib/net/libscenario.la $(SCOPE_LIBS)
tests_fuzz_scenario_DEPENDENCIES = lib/net/libscenario.la $(SCOPE_LIBS_DEPS)
tests_fuzz_scenario_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/http1_request
tests_fuzz_http1_request_SOURCES = tests/fuzz/http1_request.c $(FUZZ_MAIN)
tests_fuzz_http1_request_LDADD = lib/net/libstream.la lib/net/libnet.la $(SCOPE_LIBS)
tests_fuzz_http1_request_DEPENDENCIES = lib/net/libstream.la lib/net/libnet.la $(SCOPE_LIBS_DEPS)
tests_fuzz_http1_request_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/yaml
tests_fuzz_yaml_SOURCES = tests/fuzz/yaml.c $(FUZZ_MAIN)
tests_fuzz_yaml_LDADD = $(SCOPE_LIBS)
tests_fuzz_yaml_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
tests_fuzz_yaml_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/categories
tests_fuzz_categories_SOURCES = tests/fuzz/categories.c $(FUZZ_MAIN)
tests_fuzz_categories_LDADD = $(SCOPE_LIBS)
tests_fuzz_categories_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
tests_fuzz_categories_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/options
tests_fuzz_options_SOURCES = tests/fuzz/options.c $(FUZZ_MAIN)
tests_fuzz_options_LDADD = $(SCOPE_LIBS)
tests_fuzz_options_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
tests_fuzz_options_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/workload
tests_fuzz_workload_SOURCES = tests/fuzz/workload.c $(FUZZ_MAIN)
tests_fuzz_workload_LDADD = drivers/libsql.la $(SCOPE_LIBS)
tests_fuzz_workload_DEPENDENCIES = drivers/libsql.la $(SCOPE_LIBS_DEPS)
tests_fuzz_workload_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/store
tests_fuzz_store_SOURCES = tests/fuzz/store.c $(FUZZ_MAIN)
tests_fuzz_store_LDADD = $(SCOPE_LIBS)
tests_fuzz_store_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
tests_fuzz_store_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

FUZZERS += tests/fuzz/oco
tests_fuzz_oco_SOURCES = tests/fuzz/oco.c $(FUZZ_MAIN)
tests_fuzz_oco_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_oco_LDADD = plugins/backends/liboco.la lib/net/libnet.la $(SCOPE_LIBS)
tests_fuzz_oco_DEPENDENCIES = plugins/backends/liboco.la lib/net/libnet.la \
	$(SCOPE_LIBS_DEPS)
tests_fuzz_oco_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

if LIBDW
FUZZERS += tests/fuzz/addresses tests/fuzz/module
endif
tests_fuzz_addresses_SOURCES = tests/fuzz/addresses.c $(FUZZ_MAIN)
tests_fuzz_addresses_LDADD = collectors/cycles/libsymbols.la $(SCOPE_LIBS)
tests_fuzz_addresses_DEPENDENCIES = collectors/cycles/libsymbols.la \
	$(SCOPE_LIBS_DEPS)
tests_fuzz_addresses_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
tests_fuzz_module_SOURCES = tests/fuzz/module.c $(FUZZ_MAIN)
tests_fuzz_module_CFLAGS = $(AM_CFLAGS) $(LIBDW_CFLAGS)
tests_fuzz_module_LDADD = collectors/cycles/libsymbols.la $(SCOPE_LIBS)
tests_fuzz_module_DEPENDENCIES = collectors/cycles/libsymbols.la \
	$(SCOPE_LIBS_DEPS)
tests_fuzz_module_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
FUZZERS += tests/fuzz/records
tests_fuzz_records_SOURCES = tests/fuzz/records.c $(FUZZ_MAIN) \
	collectors/cycles/records.c collectors/cycles/records.h
tests_fuzz_records_CFLAGS = $(AM_CFLAGS)
tests_fuzz_records_LDADD = $(SCOPE_LIBS)
tests_fuzz_records_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
tests_fuzz_records_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)

EXTRA_DIST += tests/fuzz/corpus
if FUZZING
noinst_PROGRAMS += $(FUZZERS)
else
check_PROGRAMS += $(FUZZERS)
TESTS += $(FUZZERS)
endif
