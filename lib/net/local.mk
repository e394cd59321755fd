# SPDX-License-Identifier: GPL-3.0-or-later
# Event loop, connections and codecs: linked into drivers and backends only.
noinst_LTLIBRARIES += %D%/libnet.la
%C%_libnet_la_SOURCES = \
	%D%/engine.h \
	%D%/fault.c %D%/fault.h \
	%D%/files.c %D%/files.h \
	%D%/httpd.h \
	%D%/http1.c %D%/http1.h \
	%D%/http1_head.c \
	%D%/ledger.c \
	%D%/link.h \
	%D%/loop.c %D%/loop.h \
	%D%/pace.c %D%/pace.h \
	%D%/pin.c %D%/pin.h \
	%D%/resolve.c \
	%D%/tally.c %D%/tally.h \
	%D%/tls.h \
	%D%/url.c %D%/url.h
%C%_libnet_la_LIBADD = -lm
