# SPDX-License-Identifier: GPL-3.0-or-later
# ./dev torture kills more often.
EXTRA_DIST += %D%/kill.sh
TESTS += %D%/kill.sh

# ./dev torture makes them for longer.
EXTRA_DIST += %D%/syscalls.sh
if SECCOMP
TESTS += %D%/syscalls.sh
endif
