/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every unit test includes first: cmocka and the headers it needs. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#endif
