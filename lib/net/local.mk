# SPDX-License-Identifier: GPL-3.0-or-later
# Event loop, connections and codecs: linked into drivers and backends only.
