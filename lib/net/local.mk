# SPDX-License-Identifier: GPL-3.0-or-later
# What drivers and backends share, and only they link. libnet needs nothing
# beyond libc: threads, pacing, counting, codecs. libstream is for those that
# speak over connections, and brings OpenSSL where there is.
noinst_LTLIBRARIES += %D%/libnet.la %D%/libstream.la
%C%_libnet_la_SOURCES = \
	%D%/engine.c %D%/engine.h \
	%D%/engine_load.h \
	%D%/engine_slot.c \
	%D%/engine_worker.c \
	%D%/fault.c %D%/fault.h \
	%D%/files.c %D%/files.h \
	%D%/ledger.c \
	%D%/loop.c %D%/loop.h \
	%D%/names.c %D%/names.h \
	%D%/pace.c %D%/pace.h \
	%D%/pin.c %D%/pin.h \
	%D%/random.h \
	%D%/tally.c %D%/tally.h \
	%D%/timings.c %D%/timings.h
%C%_libnet_la_LIBADD = -lm
# Else a file that leaves the list stays in the library.
EXTRA_%C%_libnet_la_DEPENDENCIES = $(srcdir)/%D%/local.mk
EXTRA_%C%_libstream_la_DEPENDENCIES = $(srcdir)/%D%/local.mk

%C%_libstream_la_SOURCES = \
	%D%/due.c %D%/due.h \
	%D%/expect.c %D%/expect.h \
	%D%/hash.h \
	%D%/http1.c %D%/http1.h \
	%D%/http1_chunks.c \
	%D%/http1_head.c \
	%D%/http1_request.c %D%/http1_request.h \
	%D%/httpd.c %D%/httpd.h \
	%D%/httpd_http1.c \
	%D%/httpd_inside.h \
	%D%/httpd_output.c \
	%D%/httpd_peer.c \
	%D%/httpd_thread.c \
	%D%/link.c %D%/link.h \
	%D%/link_slot.c %D%/link_slot.h \
	%D%/listen.c %D%/listen.h \
	%D%/recording.c %D%/recording.h \
	%D%/requests.c %D%/requests.h \
	%D%/resolve.c \
	%D%/tls.h \
	%D%/url.c %D%/url.h
%C%_libstream_la_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
%C%_libstream_la_LIBADD = $(OPENSSL_LIBS)
if OPENSSL
%C%_libstream_la_SOURCES += %D%/hash.c %D%/tls.c %D%/tls_inside.h %D%/tls_stream.c
else
%C%_libstream_la_SOURCES += %D%/hash_none.c %D%/tls_none.c
endif

if NGHTTP2
%C%_libstream_la_CFLAGS += $(NGHTTP2_CFLAGS)
%C%_libstream_la_LIBADD += $(NGHTTP2_LIBS)
%C%_libstream_la_SOURCES += %D%/httpd_http2.c %D%/httpd_http2.h %D%/httpd_stream.c
else
%C%_libstream_la_SOURCES += %D%/httpd_http2_none.c
endif

# netbench's scenarios and what runs them: for the driver and the backend tcp,
# apart because it brings jansson with it.
noinst_LTLIBRARIES += %D%/libscenario.la
%C%_libscenario_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
%C%_libscenario_la_SOURCES = \
	%D%/frames.c \
	%D%/mux.c %D%/mux.h \
	%D%/stage.c %D%/stage.h %D%/stage_inside.h \
	%D%/scenario.c %D%/scenario.h \
	%D%/scenario_names.c \
	%D%/scenario_steps.c %D%/scenario_steps.h \
	%D%/scenario_tls.c %D%/scenario_tls.h \
	%D%/session.c \
	%D%/streams.c
%C%_libscenario_la_LIBADD = $(JANSSON_LIBS)
