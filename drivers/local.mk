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

drivers_LTLIBRARIES += %D%/cpu.la
%C%_cpu_la_SOURCES = \
	%D%/cpu/burner.c %D%/cpu/burner.h \
	%D%/cpu/cpu.c \
	%D%/cpu/quota.c %D%/cpu/quota.h \
	%D%/cpu/quota_find.c \
	%D%/cpu/work.c %D%/cpu/work.h
%C%_cpu_la_LIBADD = lib/net/libnet.la -lm
