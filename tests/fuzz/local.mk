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
endif
