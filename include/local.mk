# SPDX-License-Identifier: GPL-3.0-or-later
# The plugin contract, installed as <scope/...>.
scopeincludedir = $(includedir)/scope
scopeinclude_HEADERS = \
	%D%/scope/alloc.h \
	%D%/scope/categories.h \
	%D%/scope/dataset.h \
	%D%/scope/err.h \
	%D%/scope/hist.h \
	%D%/scope/load.h \
	%D%/scope/metric.h \
	%D%/scope/option.h \
	%D%/scope/outcome.h \
	%D%/scope/plugin.h \
	%D%/scope/profile.h \
	%D%/scope/report.h \
	%D%/scope/sink.h \
	%D%/scope/stats.h \
	%D%/scope/target.h \
	%D%/scope/track.h
