# SPDX-License-Identifier: GPL-3.0-or-later
# One file (or folder) a plugin; adding one is one word here.
driversdir = $(plugindir)/drivers
drivers_LTLIBRARIES =

drivers_LTLIBRARIES += %D%/http.la
%C%_http_la_SOURCES = \
	%D%/http/connection.c %D%/http/connection.h \
	%D%/http/http.c \
	%D%/http/options.h
%C%_http_la_LIBADD = lib/net/libstream.la lib/net/libnet.la

if NGHTTP2
drivers_LTLIBRARIES += %D%/http2.la
endif
%C%_http2_la_SOURCES = \
	%D%/http2/connection.c %D%/http2/connection.h \
	%D%/http2/grpc.c %D%/http2/grpc.h \
	%D%/http2/http2.c \
	%D%/http2/message.c %D%/http2/message.h \
	%D%/http2/options.h \
	%D%/http2/session.c %D%/http2/session.h \
	%D%/http2/streams.c \
	%D%/http2/upgrade.c
%C%_http2_la_CFLAGS = $(AM_CFLAGS) $(NGHTTP2_CFLAGS)
%C%_http2_la_LIBADD = lib/net/libstream.la lib/net/libnet.la $(NGHTTP2_LIBS)

drivers_LTLIBRARIES += %D%/cpu.la
%C%_cpu_la_SOURCES = \
	%D%/cpu/burner.c %D%/cpu/burner.h \
	%D%/cpu/cpu.c \
	%D%/cpu/quota.c %D%/cpu/quota.h \
	%D%/cpu/quota_find.c \
	%D%/cpu/work.c %D%/cpu/work.h
%C%_cpu_la_LIBADD = lib/net/libnet.la -lm

# What oco knows, apart from the plugin: the tests link it, too.
noinst_LTLIBRARIES += %D%/libservos.la
%C%_libservos_la_SOURCES = \
	%D%/oco/connection.c %D%/oco/connection.h \
	%D%/oco/evenness.c %D%/oco/evenness.h \
	%D%/oco/fleet.c %D%/oco/fleet.h \
	%D%/oco/options.h \
	%D%/oco/reply.c %D%/oco/reply.h \
	%D%/oco/script.c %D%/oco/script.h \
	%D%/oco/server.c %D%/oco/server.h \
	%D%/oco/servo.c %D%/oco/servo.h \
	%D%/oco/talk.c %D%/oco/talk.h
%C%_libservos_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
%C%_libservos_la_LIBADD = $(JANSSON_LIBS) -lm
drivers_LTLIBRARIES += %D%/oco.la
%C%_oco_la_SOURCES = %D%/oco/oco.c
%C%_oco_la_LIBADD = %D%/libservos.la lib/net/libstream.la lib/net/libnet.la

# What the drivers of SQL servers share.
noinst_LTLIBRARIES += %D%/libsql.la
%C%_libsql_la_SOURCES = \
	%D%/sql/client.c %D%/sql/client.h \
	%D%/sql/driver.c %D%/sql/driver.h \
	%D%/sql/generator.c %D%/sql/generator.h \
	%D%/sql/generator_read.c \
	%D%/sql/lexer.c %D%/sql/lexer.h \
	%D%/sql/literal.c \
	%D%/sql/metrics.h \
	%D%/sql/options.h \
	%D%/sql/preset.c \
	%D%/sql/random.c %D%/sql/random.h \
	%D%/sql/reader.h \
	%D%/sql/script.c \
	%D%/sql/statement.c \
	%D%/sql/tables.c \
	%D%/sql/tables_read.c \
	%D%/sql/traffic.c \
	%D%/sql/workload.c %D%/sql/workload.h \
	%D%/sql/workload_read.c
%C%_libsql_la_LIBADD = lib/net/libstream.la lib/net/libnet.la lib/base/libbase.la
# Of lib/base they bring functions that the contract has, too.
SQL_LDFLAGS = $(AM_LDFLAGS) -export-symbols-regex '^scope_plugin$$'

if LIBPQ
drivers_LTLIBRARIES += %D%/pgsql.la
%C%_pgsql_la_SOURCES = \
	%D%/pgsql/connection.c %D%/pgsql/connection.h \
	%D%/pgsql/pgsql.c \
	%D%/pgsql/result.c \
	%D%/pgsql/session.c %D%/pgsql/session.h
%C%_pgsql_la_CFLAGS = $(AM_CFLAGS) $(LIBPQ_CFLAGS)
%C%_pgsql_la_LDFLAGS = $(SQL_LDFLAGS)
%C%_pgsql_la_LIBADD = %D%/libsql.la $(LIBPQ_LIBS)
endif
if LIBMARIADB
drivers_LTLIBRARIES += %D%/mysql.la
%C%_mysql_la_SOURCES = \
	%D%/mysql/connection.c %D%/mysql/connection.h \
	%D%/mysql/mysql.c \
	%D%/mysql/operation.c \
	%D%/mysql/session.c %D%/mysql/session.h
%C%_mysql_la_CFLAGS = $(AM_CFLAGS) $(LIBMARIADB_CFLAGS)
%C%_mysql_la_LDFLAGS = $(SQL_LDFLAGS)
%C%_mysql_la_LIBADD = %D%/libsql.la $(LIBMARIADB_LIBS)
endif

drivers_LTLIBRARIES += %D%/tcp.la
%C%_tcp_la_SOURCES = \
	%D%/tcp/driver.h \
	%D%/tcp/kinds.c %D%/tcp/kinds.h \
	%D%/tcp/play.c \
	%D%/tcp/servers.c \
	%D%/tcp/tcp.c \
	%D%/tcp/transfer.c
%C%_tcp_la_LIBADD = lib/net/libscenario.la lib/net/libstream.la \
	lib/net/libnet.la
