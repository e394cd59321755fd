# SPDX-License-Identifier: GPL-3.0-or-later
# One file (or folder) a plugin; adding one is one word here.
collectorsdir = $(plugindir)/collectors
collectors_LTLIBRARIES =
