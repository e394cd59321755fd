# SPDX-License-Identifier: GPL-3.0-or-later
# Data that the program reads; no code.

# What `scope plugin new` writes, as texts in the program.
SKELETONS = \
	%D%/skeleton/Makefile.skeleton \
	%D%/skeleton/README.skeleton.md \
	%D%/skeleton/analyzer.c \
	%D%/skeleton/backend.c \
	%D%/skeleton/collector.c \
	%D%/skeleton/driver.c \
	%D%/skeleton/policy.c \
	%D%/skeleton/proxy.c
EXTRA_DIST += $(SKELETONS)
BUILT_SOURCES += src/skeleton_text.h
CLEANFILES += src/skeleton_text.h
src/skeleton_text.h: $(SKELETONS)
	$(AM_V_GEN)mkdir -p src; { for file in $^; do \
		name=`basename $$file | $(SED) 's/[^A-Za-z0-9]/_/g'`; \
		echo "static const char skeleton_$$name[] ="; \
		$(SED) 's/[\\"]/\\&/g; s/.*/    "&\\n"/' $$file; \
		echo '    ;'; \
	done; } >$@.tmp && mv $@.tmp $@

# Bash's completion, under the name of the program.
EXTRA_DIST += %D%/completion/scope.bash
INSTALL_MORE += install-completion
UNINSTALL_MORE += uninstall-completion
install-completion:
	$(MKDIR_P) '$(DESTDIR)$(bashcompdir)'
	$(INSTALL_DATA) '$(srcdir)/data/completion/scope.bash' \
		'$(DESTDIR)$(bashcompdir)/scope'
uninstall-completion:
	rm -f '$(DESTDIR)$(bashcompdir)/scope'

# What JSON outputs look like.
schemasdir = $(pkgdatadir)/schemas
dist_schemas_DATA = %D%/schemas/load.json

# How profiles are sorted: `scope list categories`.
categoriesdir = $(pkgdatadir)/categories
dist_categories_DATA = \
	%D%/categories/envoy.yaml \
	%D%/categories/haproxy.yaml \
	%D%/categories/kernel.yaml \
	%D%/categories/nginx.yaml \
	%D%/categories/sidecar.yaml \
	%D%/categories/tax.yaml

# An example of what drivers of SQL servers read.
dist_workloads_DATA = %D%/workloads/shop.yaml
workloadsdir = $(pkgdatadir)/workloads
