# SPDX-License-Identifier: GPL-3.0-or-later
EXTRA_DIST += %D%/architecture.md %D%/categories.md %D%/cycles.md %D%/flame.md \
	%D%/oco.md %D%/store-format.md %D%/syscalls.md %D%/tcp.md \
	%D%/testing.md %D%/workloads.md %D%/writing-a-plugin.md

# The manual pages, which the built program writes from its tables: scope(1),
# one page a command, and scope-plugins(7).
if MANUALS
all-local: docs/man/stamp
docs/man/stamp: scope$(EXEEXT) $(collectors_LTLIBRARIES) \
		$(drivers_LTLIBRARIES) $(backends_LTLIBRARIES) \
		$(analyzers_LTLIBRARIES)
	$(AM_V_GEN)$(MKDIR_P) docs/man && rm -f docs/man/*.[17] && \
	ASAN_OPTIONS=detect_leaks=0 && export ASAN_OPTIONS && \
	SCOPE_PLUGIN_PATH=collectors/.libs:drivers/.libs:plugins/backends/.libs:analyzers/.libs && \
	export SCOPE_PLUGIN_PATH && \
	commands=`./scope help --format words -- '' | grep -v '^-'` && \
	write() { ./scope help --format scdoc $$2 >docs/man/$$1.scd && \
		$(SCDOC) <docs/man/$$1.scd >docs/man/$$1 && \
		rm docs/man/$$1.scd; } && \
	write scope.1 && write scope-plugins.7 plugins && \
	for command in $$commands; do \
		write scope-$$command.1 $$command || exit 1; \
	done && touch $@
CLEANFILES += docs/man/*.1 docs/man/*.7 docs/man/stamp

INSTALL_MORE += install-manuals
UNINSTALL_MORE += uninstall-manuals
install-manuals: docs/man/stamp
	$(MKDIR_P) '$(DESTDIR)$(mandir)/man1' '$(DESTDIR)$(mandir)/man7'
	$(INSTALL_DATA) docs/man/*.1 '$(DESTDIR)$(mandir)/man1'
	$(INSTALL_DATA) docs/man/*.7 '$(DESTDIR)$(mandir)/man7'
uninstall-manuals:
	rm -f '$(DESTDIR)$(mandir)/man1'/scope.1 '$(DESTDIR)$(mandir)/man1'/scope-*.1 \
		'$(DESTDIR)$(mandir)/man7'/scope-plugins.7
endif
