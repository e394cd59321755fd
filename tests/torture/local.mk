# SPDX-License-Identifier: GPL-3.0-or-later
# ./dev torture kills more often.
EXTRA_DIST += %D%/kill.sh
TESTS += %D%/kill.sh
