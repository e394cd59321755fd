/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/programs/functions.h"

void functions_load(const char *path)
{
    (void)path;
}
