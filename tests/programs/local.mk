# SPDX-License-Identifier: GPL-3.0-or-later
# What tests and benches measure: programs whose figures are known.
check_PROGRAMS += tests/programs/calls
tests_programs_calls_SOURCES = %D%/calls.c
