# SPDX-License-Identifier: GPL-3.0-or-later
# What stands in the request's path: policies, proxies, backends.
