# SPDX-License-Identifier: GPL-3.0-or-later
# Tests of the built program, with bats: one file a subject, one line here.
CLI_TESTS =
CLI_TESTS += tests/cli/arguments.bats
CLI_TESTS += tests/cli/config.bats
CLI_TESTS += tests/cli/forms.bats
CLI_TESTS += tests/cli/lint.bats
CLI_TESTS += tests/cli/loader.bats
CLI_TESTS += tests/cli/store.bats
CLI_TESTS += tests/cli/plugin.bats
CLI_TESTS += tests/cli/drive.bats
CLI_TESTS += tests/cli/tcp.bats
CLI_TESTS += tests/cli/oco.bats
EXTRA_DIST += tests/cli/oco_model.py
CLI_TESTS += tests/cli/http.bats
CLI_TESTS += tests/cli/cpu.bats
CLI_TESTS += tests/cli/http2.bats
EXTRA_DIST += tests/cli/grpc_server.py
CLI_TESTS += tests/cli/export.bats
CLI_TESTS += tests/cli/profile_export.bats
EXTRA_DIST += tests/fixtures/speedscope/LICENSE \
	tests/fixtures/speedscope/file-format-schema.json
CLI_TESTS += tests/cli/search.bats
EXTRA_DIST += tests/cli/haproxy.bash tests/cli/nginx.bash
CLI_TESTS += tests/cli/serve.bats
EXTRA_DIST += tests/cli/serve.bash tests/cli/hostile.py
EXTRA_DIST += tests/cli/sql.bash
if LIBPQ
CLI_TESTS += tests/cli/pgsql.bats
endif
if LIBMARIADB
CLI_TESTS += tests/cli/mysql.bats
endif
CLI_TESTS += tests/cli/collect.bats
CLI_TESTS += tests/cli/collectors.bats
CLI_TESTS += tests/cli/sampling.bats
if SECCOMP
CLI_TESTS += tests/cli/syscalls_bpf.bats
endif
EXTRA_DIST += tests/cli/syscalls_bpf.bats

CLI_TESTS += tests/cli/analyze.bats
CLI_TESTS += tests/cli/cycles.bats
CLI_TESTS += tests/cli/flame.bats
EXTRA_DIST += tests/cli/report.bash tests/cli/report.py tests/cli/browser.py
check_PROGRAMS += tests/cli/write_store
tests_cli_write_store_SOURCES = %D%/write_store.c \
	%D%/write_profile.c %D%/write_profile.h
tests_cli_write_store_LDADD = $(SCOPE_LIBS)
tests_cli_write_store_DEPENDENCIES = $(SCOPE_LIBS_DEPS)

CLI_TESTS += tests/cli/syscalls.bats
check_PROGRAMS += tests/cli/write_syscalls
tests_cli_write_syscalls_LDADD = $(SCOPE_LIBS)
tests_cli_write_syscalls_DEPENDENCIES = $(SCOPE_LIBS_DEPS)

EXTRA_DIST += tests/cli/pgsql.bats tests/cli/mysql.bats
EXTRA_DIST += $(CLI_TESTS) tests/cli/scope.bash tests/lint/includes.sh
EXTRA_DIST += \
	%D%/golden/doctor.txt \
	%D%/golden/help.txt \
	%D%/golden/list.txt \
	%D%/golden/plugin.txt \
	%D%/golden/serve.txt
if BATS
TESTS += $(CLI_TESTS)
endif
