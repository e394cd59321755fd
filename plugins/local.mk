# SPDX-License-Identifier: GPL-3.0-or-later
# What stands in the request's path: policies, proxies, backends.
backendsdir = $(plugindir)/backends
backends_LTLIBRARIES =

backends_LTLIBRARIES += %D%/backends/http.la
# What can be tested apart from the plugin.
HTTP_BACKEND_SOURCES = \
	%D%/backends/http/arrivals.c %D%/backends/http/arrivals.h \
	%D%/backends/http/delay.c %D%/backends/http/delay.h \
	%D%/backends/http/wish.c %D%/backends/http/wish.h
%C%_backends_http_la_SOURCES = \
	$(HTTP_BACKEND_SOURCES) \
	%D%/backends/http/http.c \
	lib/base/units.c
%C%_backends_http_la_LIBADD = lib/net/libstream.la lib/net/libnet.la

backends_LTLIBRARIES += %D%/backends/tcp.la
%C%_backends_tcp_la_SOURCES = \
	%D%/backends/tcp/answer.c \
	%D%/backends/tcp/peer.c \
	%D%/backends/tcp/serve.c \
	%D%/backends/tcp/server.h \
	%D%/backends/tcp/tcp.c \
	%D%/backends/tcp/thread.c
%C%_backends_tcp_la_LIBADD = lib/net/libscenario.la lib/net/libstream.la \
	lib/net/libnet.la

# What oco knows, apart from the plugin: the tests link it, too.
OCO_SOURCES = \
	%D%/backends/oco/apps.c %D%/backends/oco/apps.h \
	%D%/backends/oco/evenness.c %D%/backends/oco/evenness.h \
	%D%/backends/oco/fsm.c %D%/backends/oco/fsm.h \
	%D%/backends/oco/message.c %D%/backends/oco/message.h \
	%D%/backends/oco/page.c %D%/backends/oco/page.h \
	%D%/backends/oco/reply.c %D%/backends/oco/reply.h \
	%D%/backends/oco/route.c %D%/backends/oco/route.h \
	%D%/backends/oco/save.c %D%/backends/oco/save.h \
	%D%/backends/oco/save_text.c \
	%D%/backends/oco/service.c %D%/backends/oco/service.h \
	%D%/backends/oco/trace.c %D%/backends/oco/trace.h
noinst_LTLIBRARIES += %D%/backends/liboco.la
%C%_backends_liboco_la_SOURCES = $(OCO_SOURCES)
%C%_backends_liboco_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
%C%_backends_liboco_la_LIBADD = $(JANSSON_LIBS)

backends_LTLIBRARIES += %D%/backends/oco.la
%C%_backends_oco_la_SOURCES = %D%/backends/oco/oco.c
%C%_backends_oco_la_LIBADD = %D%/backends/liboco.la lib/net/libstream.la \
	lib/net/libnet.la

# Its two documents, as texts in the plugin.
OCO_DOCUMENTS = %D%/backends/oco/openapi.json %D%/backends/oco/docs.html
OCO_TEXT = %D%/backends/oco/page_text.h
EXTRA_DIST += $(OCO_DOCUMENTS)
BUILT_SOURCES += $(OCO_TEXT)
CLEANFILES += $(OCO_TEXT)
$(OCO_TEXT): $(OCO_DOCUMENTS)
	$(AM_V_GEN)$(MKDIR_P) $(@D); { for file in $^; do \
		name=`basename $$file | $(SED) 's/[.].*//'`; \
		echo "static const char $${name}_text[] ="; \
		$(SED) 's/[\\"]/\\&/g; s/.*/    "&\\n"/' $$file; \
		echo '    ;'; \
	done; } >$@.tmp && mv $@.tmp $@
