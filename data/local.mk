# SPDX-License-Identifier: GPL-3.0-or-later
# Data that the program reads; no code.
