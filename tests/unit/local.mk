# SPDX-License-Identifier: GPL-3.0-or-later
# One cmocka program a subject: tests/unit/<subject>.c. Adding one is two
# lines here.
UNIT_LIBS = $(SCOPE_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS =
UNIT_TESTS += tests/unit/err
tests_unit_err_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/track
tests_unit_track_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/stats
tests_unit_stats_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/flame
tests_unit_flame_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/present tests/unit/plots
PRESENT_CASE_SOURCES = %D%/present_case.c %D%/present_case.h %D%/unit.h
tests_unit_present_SOURCES = %D%/present.c $(PRESENT_CASE_SOURCES)
tests_unit_present_LDADD = $(UNIT_LIBS)
tests_unit_plots_SOURCES = %D%/plots.c $(PRESENT_CASE_SOURCES)
tests_unit_plots_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/profile
tests_unit_profile_SOURCES = %D%/profile.c %D%/store_case.h %D%/unit.h
tests_unit_profile_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/categories
tests_unit_categories_SOURCES = %D%/categories.c \
	%D%/tree.c %D%/tree.h %D%/unit.h
tests_unit_categories_LDADD = $(UNIT_LIBS)
EXTRA_DIST += \
	%D%/symbols/envoy.txt \
	%D%/symbols/haproxy.txt \
	%D%/symbols/kernel.txt \
	%D%/symbols/nginx.txt \
	%D%/symbols/sidecar.txt \
	%D%/symbols/tax.txt
UNIT_TESTS += tests/unit/hist
tests_unit_hist_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/http1
tests_unit_http1_LDADD = lib/net/libstream.la $(UNIT_LIBS)
UNIT_TESTS += tests/unit/http_driver
tests_unit_http_driver_SOURCES = %D%/http_driver.c \
	%D%/load_report.c %D%/load_report.h \
	%D%/rogue.c %D%/rogue.h %D%/unit.h
tests_unit_http_driver_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/cpu_driver
tests_unit_cpu_driver_SOURCES = %D%/cpu_driver.c \
	%D%/load_report.c %D%/load_report.h %D%/tree.c %D%/tree.h %D%/unit.h \
	drivers/cpu/quota.c drivers/cpu/quota.h drivers/cpu/quota_find.c
tests_unit_cpu_driver_LDADD = $(UNIT_LIBS)
tests_unit_cpu_driver_CFLAGS = $(AM_CFLAGS)
if NGHTTP2
UNIT_TESTS += tests/unit/http2_driver tests/unit/grpc
endif
tests_unit_grpc_SOURCES = %D%/grpc.c %D%/unit.h \
	drivers/http2/grpc.c drivers/http2/grpc.h
tests_unit_grpc_CFLAGS = $(AM_CFLAGS) $(NGHTTP2_CFLAGS)
tests_unit_grpc_LDADD = $(UNIT_LIBS)
tests_unit_http2_driver_SOURCES = %D%/http2_driver.c \
	%D%/load_report.c %D%/load_report.h \
	%D%/rogue_http2.c %D%/rogue_http2.h %D%/unit.h
tests_unit_http2_driver_CFLAGS = $(AM_CFLAGS) $(NGHTTP2_CFLAGS)
tests_unit_http2_driver_LDADD = $(UNIT_LIBS) $(NGHTTP2_LIBS)
UNIT_TESTS += tests/unit/sql_workload
tests_unit_sql_workload_LDADD = drivers/libsql.la $(UNIT_LIBS)
UNIT_TESTS += tests/unit/sql_values
tests_unit_sql_values_LDADD = drivers/libsql.la $(UNIT_LIBS)
UNIT_TESTS += tests/unit/url
tests_unit_url_LDADD = lib/net/libstream.la lib/net/libnet.la $(UNIT_LIBS)
if OPENSSL
UNIT_TESTS += tests/unit/tls
tests_unit_tls_LDADD = lib/net/libstream.la $(UNIT_LIBS)
endif
UNIT_TESTS += tests/unit/http1_request
tests_unit_http1_request_LDADD = lib/net/libstream.la lib/net/libnet.la \
	$(UNIT_LIBS)
UNIT_TESTS += tests/unit/http_backend
tests_unit_http_backend_SOURCES = %D%/http_backend.c %D%/unit.h \
	$(HTTP_BACKEND_SOURCES)
tests_unit_http_backend_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_http_backend_LDADD = lib/net/libstream.la lib/net/libnet.la \
	$(UNIT_LIBS)
UNIT_TESTS += tests/unit/pace
tests_unit_pace_LDADD = lib/net/libnet.la $(UNIT_LIBS)
UNIT_TESTS += tests/unit/stage
tests_unit_stage_SOURCES = %D%/stage.c %D%/stage_world.c %D%/stage_world.h \
	%D%/unit.h
tests_unit_stage_LDADD = lib/net/libscenario.la lib/net/libstream.la \
	lib/net/libnet.la $(UNIT_LIBS)
UNIT_TESTS += tests/unit/scenario
tests_unit_scenario_LDADD = lib/net/libscenario.la $(UNIT_LIBS)
UNIT_TESTS += tests/unit/names
tests_unit_names_LDADD = lib/net/libnet.la $(UNIT_LIBS)
UNIT_TESTS += tests/unit/oco_apps
tests_unit_oco_apps_LDADD = $(OCO_LIBS)
UNIT_TESTS += tests/unit/oco_driver
tests_unit_oco_driver_LDADD = drivers/libservos.la lib/net/libstream.la \
	lib/net/libnet.la $(UNIT_LIBS)
tests_unit_oco_driver_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
UNIT_TESTS += tests/unit/oco_fsm
tests_unit_oco_fsm_LDADD = $(OCO_LIBS)
UNIT_TESTS += tests/unit/oco_save
tests_unit_oco_save_LDADD = $(OCO_LIBS)
UNIT_TESTS += tests/unit/oco_service
tests_unit_oco_service_LDADD = $(OCO_LIBS)
tests_unit_oco_service_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
OCO_LIBS = plugins/backends/liboco.la lib/net/libnet.la $(UNIT_LIBS)
UNIT_TESTS += tests/unit/units
tests_unit_units_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/options
tests_unit_options_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/live
tests_unit_live_SOURCES = %D%/live.c %D%/unit.h src/live.c src/live.h \
	src/threshold.c src/threshold.h
tests_unit_live_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/search
tests_unit_search_SOURCES = %D%/search.c %D%/unit.h \
	src/cpu_search.c src/cpu_search.h src/max_search.c src/max_search.h
tests_unit_search_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/sweep
tests_unit_sweep_SOURCES = %D%/sweep.c %D%/unit.h src/sweep.c src/sweep.h
tests_unit_sweep_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/threshold
tests_unit_threshold_SOURCES = %D%/threshold.c %D%/unit.h \
	src/threshold.c src/threshold.h
tests_unit_threshold_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/targets
tests_unit_targets_SOURCES = %D%/targets.c %D%/tree.c %D%/tree.h %D%/unit.h
tests_unit_targets_LDADD = $(UNIT_LIBS)
HOST_SOURCES = %D%/host.c %D%/host.h %D%/tree.c %D%/tree.h %D%/unit.h
UNIT_TESTS += tests/unit/proc
tests_unit_proc_SOURCES = %D%/proc.c $(HOST_SOURCES) $(PROC_SOURCES)
tests_unit_proc_LDADD = $(UNIT_LIBS)
tests_unit_proc_CFLAGS = $(AM_CFLAGS)
WORKER_SOURCES = %D%/worker.c %D%/worker.h
UNIT_TESTS += tests/unit/proc_live
tests_unit_proc_live_SOURCES = %D%/proc_live.c $(HOST_SOURCES) \
	$(WORKER_SOURCES) $(PROC_SOURCES)
tests_unit_proc_live_LDADD = $(UNIT_LIBS)
tests_unit_proc_live_CFLAGS = $(AM_CFLAGS)
tests_unit_proc_live_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=reallocarray
UNIT_TESTS += tests/unit/perf
tests_unit_perf_SOURCES = %D%/perf.c $(HOST_SOURCES) $(WORKER_SOURCES) \
	$(PERF_SOURCES)
tests_unit_perf_LDADD = $(UNIT_LIBS) lib/perf/libperf.la $(PFM_LIBS)
tests_unit_perf_CFLAGS = $(AM_CFLAGS)
if SECCOMP
UNIT_TESTS += tests/unit/syscalls_names tests/unit/tracepoints
endif
tests_unit_tracepoints_SOURCES = %D%/tracepoints.c %D%/unit.h \
	$(SYSCALLS_NAMES_SOURCES) $(TRACEPOINTS_SOURCES)
nodist_tests_unit_tracepoints_SOURCES = $(SYSCALLS_NAMES_BUILT)
tests_unit_tracepoints_LDADD = $(UNIT_LIBS) lib/perf/libperf.la $(SECCOMP_LIBS)
tests_unit_tracepoints_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_tracepoints_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=scope_instance
if SECCOMP
if BPF
UNIT_TESTS += tests/unit/syscalls_bpf tests/unit/syscalls_owners
endif
endif
BPF_CASE_SOURCES = %D%/bpf_case.c %D%/bpf_case.h $(HOST_SOURCES) \
	$(WORKER_SOURCES) $(SYSCALLS_SOURCES)
BPF_CASE_LIBS = $(UNIT_LIBS) lib/perf/libperf.la $(SECCOMP_LIBS) $(LIBBPF_LIBS)
BPF_CASE_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS) $(LIBBPF_CFLAGS)
tests_unit_syscalls_bpf_SOURCES = %D%/syscalls_bpf.c $(BPF_CASE_SOURCES)
nodist_tests_unit_syscalls_bpf_SOURCES = $(SYSCALLS_NAMES_BUILT)
tests_unit_syscalls_bpf_LDADD = $(BPF_CASE_LIBS)
tests_unit_syscalls_bpf_CFLAGS = $(BPF_CASE_CFLAGS)
tests_unit_syscalls_owners_SOURCES = %D%/syscalls_owners.c $(BPF_CASE_SOURCES)
nodist_tests_unit_syscalls_owners_SOURCES = $(SYSCALLS_NAMES_BUILT)
tests_unit_syscalls_owners_LDADD = $(BPF_CASE_LIBS)
tests_unit_syscalls_owners_CFLAGS = $(BPF_CASE_CFLAGS)
tests_unit_syscalls_names_SOURCES = %D%/syscalls_names.c %D%/unit.h \
	$(SYSCALLS_NAMES_SOURCES)
nodist_tests_unit_syscalls_names_SOURCES = $(SYSCALLS_NAMES_BUILT)
tests_unit_syscalls_names_LDADD = $(UNIT_LIBS) $(SECCOMP_LIBS)
tests_unit_syscalls_names_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
UNIT_TESTS += tests/unit/perf_ring
tests_unit_perf_ring_LDADD = lib/perf/libperf.la $(UNIT_LIBS)
PROGRAM_SOURCES = %D%/program.c %D%/program.h
if LIBDW
UNIT_TESTS += tests/unit/cycles tests/unit/cycles_limits \
	tests/unit/cycles_forms \
	tests/unit/cycles_symbols tests/unit/cycles_spaces \
	tests/unit/cycles_unwind
# One after the other: both sample all CPUs. By a variable, for automake gives a
# log that is named here no rule of its own.
CYCLES_AFTER = tests/unit/cycles_limits.log
$(CYCLES_AFTER): tests/unit/cycles.log
endif
CYCLES_CASE_SOURCES = %D%/cycles_case.c %D%/cycles_case.h $(HOST_SOURCES) \
	$(WORKER_SOURCES) $(CYCLES_SOURCES)
tests_unit_cycles_SOURCES = %D%/cycles.c $(CYCLES_CASE_SOURCES)
tests_unit_cycles_LDADD = $(UNIT_LIBS) $(CYCLES_LIBS)
tests_unit_cycles_CFLAGS = $(AM_CFLAGS)
tests_unit_cycles_forms_SOURCES = %D%/cycles_forms.c $(PROGRAM_SOURCES) \
	$(CYCLES_CASE_SOURCES)
tests_unit_cycles_forms_LDADD = $(UNIT_LIBS) $(CYCLES_LIBS)
tests_unit_cycles_forms_CFLAGS = $(AM_CFLAGS)
tests_unit_cycles_limits_SOURCES = %D%/cycles_limits.c $(CYCLES_CASE_SOURCES)
tests_unit_cycles_limits_LDADD = $(UNIT_LIBS) $(CYCLES_LIBS)
tests_unit_cycles_limits_CFLAGS = $(AM_CFLAGS)
SYMBOLS_CASE_SOURCES = %D%/symbols_case.c %D%/symbols_case.h \
	$(PROGRAM_SOURCES) %D%/unit.h
SYMBOLS_CASE_LIBS = collectors/cycles/libsymbols.la $(UNIT_LIBS)
tests_unit_cycles_symbols_SOURCES = %D%/cycles_symbols.c %D%/tree.c \
	%D%/tree.h $(SYMBOLS_CASE_SOURCES)
tests_unit_cycles_symbols_LDADD = $(SYMBOLS_CASE_LIBS)
tests_unit_cycles_spaces_SOURCES = %D%/cycles_spaces.c %D%/tree.c \
	%D%/tree.h $(SYMBOLS_CASE_SOURCES)
tests_unit_cycles_spaces_LDADD = $(SYMBOLS_CASE_LIBS)
tests_unit_cycles_unwind_SOURCES = %D%/cycles_unwind.c \
	$(SYMBOLS_CASE_SOURCES)
tests_unit_cycles_unwind_LDADD = $(SYMBOLS_CASE_LIBS)
UNIT_TESTS += tests/unit/cycles_records
tests_unit_cycles_records_SOURCES = %D%/cycles_records.c %D%/unit.h \
	collectors/cycles/records.c collectors/cycles/records.h
tests_unit_cycles_records_LDADD = $(UNIT_LIBS)
tests_unit_cycles_records_CFLAGS = $(AM_CFLAGS)
UNIT_TESTS += tests/unit/loader
tests_unit_loader_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/yaml
tests_unit_yaml_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/sink
tests_unit_sink_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/sampler
tests_unit_sampler_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/store_codec
tests_unit_store_codec_LDADD = $(UNIT_LIBS)
tests_unit_store_codec_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
UNIT_TESTS += tests/unit/store_faults
tests_unit_store_faults_SOURCES = tests/unit/store_faults.c \
	tests/unit/store_case.h
tests_unit_store_faults_LDADD = $(UNIT_LIBS)
tests_unit_store_faults_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
UNIT_TESTS += tests/unit/store_format
tests_unit_store_format_LDADD = $(UNIT_LIBS)
tests_unit_store_format_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
UNIT_TESTS += tests/unit/store_hostile
tests_unit_store_hostile_SOURCES = tests/unit/store_hostile.c \
	tests/unit/store_case.h
tests_unit_store_hostile_LDADD = $(UNIT_LIBS)
tests_unit_store_hostile_DEPENDENCIES = $(SCOPE_LIBS_DEPS)
UNIT_TESTS += tests/unit/store
tests_unit_store_SOURCES = tests/unit/store.c tests/unit/store_case.h
tests_unit_store_LDADD = $(UNIT_LIBS)

if CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

# automake sees no dependency in linker flags; without one a test would go on
# running the library it was first linked with.
$(UNIT_TESTS): $(SCOPE_LIBS_DEPS)
