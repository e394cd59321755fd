# SPDX-License-Identifier: GPL-3.0-or-later
# libFuzzer targets, built by ./dev fuzz: one file a parser and a
# folder of seeds, a few lines here.
FUZZERS =

FUZZERS += tests/fuzz/hist
tests_fuzz_hist_LDADD = $(SCOPE_LIBS)
tests_fuzz_hist_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
tests_fuzz_hist_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
EXTRA_DIST += %D%/corpus/hist

FUZZERS += tests/fuzz/http1
tests_fuzz_http1_LDADD = lib/net/libnet.la $(SCOPE_LIBS)
tests_fuzz_http1_DEPENDENCIES = lib/net/libnet.la $(SCOPE_LIBS_DEPS)
tests_fuzz_http1_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER)
EXTRA_DIST += %D%/corpus/http1

LIBFUZZER = -fsanitize=fuzzer
if FUZZING
noinst_PROGRAMS += $(FUZZERS)
# One file a target, two lines here, and a folder of inputs in corpus/. With
# --enable-fuzzing each is a libFuzzer program (tests/fuzz/yaml CORPUS...);
# else it replays its corpus in `make check`.
if FUZZING
FUZZ_MAIN = tests/fuzz/target.h
FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
else
FUZZ_MAIN = tests/fuzz/replay.c tests/fuzz/target.h
FUZZ_LINK = $(AM_LDFLAGS)
endif
FUZZ_TARGETS =

FUZZ_TARGETS += tests/fuzz/yaml
tests_fuzz_yaml_SOURCES = tests/fuzz/yaml.c $(FUZZ_MAIN)
tests_fuzz_yaml_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_yaml_LDADD = $(SCOPE_LIBS)
tests_fuzz_yaml_DEPENDENCIES = $(SCOPE_LIBS_DEPS)

FUZZ_TARGETS += tests/fuzz/options
tests_fuzz_options_SOURCES = tests/fuzz/options.c $(FUZZ_MAIN)
tests_fuzz_options_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_options_LDADD = $(SCOPE_LIBS)
tests_fuzz_options_DEPENDENCIES = $(SCOPE_LIBS_DEPS)

EXTRA_DIST += tests/fuzz/corpus
check_PROGRAMS += $(FUZZ_TARGETS)
if !FUZZING
TESTS += $(FUZZ_TARGETS)
endif
