# SPDX-License-Identifier: GPL-3.0-or-later
bin_PROGRAMS += scope
scope_SOURCES = \
	%D%/analysis.c %D%/analysis.h \
	%D%/campaign.c %D%/campaign.h \
	%D%/campaign_inside.h \
	%D%/campaign_search.c \
	%D%/campaign_tables.c \
	%D%/child.c %D%/child.h \
	%D%/cmd_analyze.c \
	%D%/cmd_collect.c \
	%D%/cmd_drive.c \
	%D%/cmd_export.c \
	%D%/cmd_store.c \
	%D%/conclude.c \
	%D%/cpu_search.c %D%/cpu_search.h \
	%D%/dump.c %D%/dump.h \
	%D%/export.c %D%/export.h \
	%D%/find_max.c \
	%D%/live.c %D%/live.h \
	%D%/max_search.c %D%/max_search.h \
	%D%/overview.c %D%/overview.h \
	%D%/progress.c %D%/progress.h \
	%D%/recording.c %D%/recording.h \
	%D%/select.c %D%/select.h \
	%D%/self.c %D%/self.h \
	%D%/session.c %D%/session.h \
	%D%/session_end.c \
	%D%/session_plan.c \
	%D%/session_run.h \
	%D%/session_targets.c \
	%D%/sweep.c %D%/sweep.h \
	%D%/target_cpu.c \
	%D%/threshold.c %D%/threshold.h \
	%D%/variant.c %D%/variant.h \
	%D%/verdict.c %D%/verdict.h
scope_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
scope_LDADD = $(SCOPE_LIBS)
scope_DEPENDENCIES = $(SCOPE_LIBS_DEPS)

scope_SOURCES += \
	%D%/arguments.c %D%/arguments.h \
	%D%/cmd_doctor.c \
	%D%/cmd_help.c \
	%D%/cmd_list.c \
	%D%/cmd_plugin.c \
	%D%/cmd_serve.c \
	%D%/command.h \
	%D%/complete.c %D%/complete.h \
	%D%/config_file.c %D%/config_file.h \
	%D%/describe.c %D%/describe.h \
	%D%/doctor.h \
	%D%/doctor_abilities.c \
	%D%/doctor_capabilities.c \
	%D%/doctor_steadiness.c \
	%D%/listing.c %D%/listing.h \
	%D%/listing_categories.c %D%/listing_categories.h \
	%D%/main.c \
	%D%/manual.c %D%/manual.h \
	%D%/output.c %D%/output.h \
	%D%/schema.c %D%/schema.h \
	%D%/skeleton.c %D%/skeleton.h
nodist_scope_SOURCES = %D%/skeleton_text.h
