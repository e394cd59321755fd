/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One scale for numbers that are to be compared. */
#include "lib/present/scale.h"

#include "lib/base/units.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Three digits for a number of this magnitude, but no more than `most` in all
 * where the greatest is shown with as many decimals. */
static int decimals_for(double magnitude, double greatest, int most)
{
    int whole = magnitude > 0 ? (int)floor(log10(magnitude)) : 0;
    int before = greatest >= 1 ? (int)floor(log10(greatest)) + 1 : 1;
    int decimals = 2 - whole;
    int finest = greatest >= 1 ? 2 : 3;
    if (decimals > finest)
        decimals = finest;
    if (decimals > most - before)
        decimals = most - before;
    return decimals > 0 ? decimals : 0;
}

struct scope_scale scope_scale_find(double *values, size_t count,
                                    enum scope_unit unit, bool fine)
{
    struct scope_scale scale = {
        .unit = unit, .factor = 1, .symbol = "", .shared = true};
    size_t used = 0;
    bool whole = true;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]) || values[i] == 0)
            continue;
        whole = whole && values[i] == trunc(values[i]);
        values[used++] = fabs(values[i]);
    }
    if (!used) {
        scale.factor = scope_unit_scale(0, unit, &scale.symbol);
        return scale;
    }
    qsort(values, used, sizeof *values, ascending);
    double least = values[0], greatest = values[used - 1];
    if (unit == SCOPE_UNIT_COUNT && whole && greatest < 1e6)
        return scale;
    double middle = values[used / 2];
    /* Thousands are read as they are, and keep their digits. */
    bool things = unit == SCOPE_UNIT_COUNT || unit == SCOPE_UNIT_HERTZ;
    double base = things && greatest < 1e5 ? 1 : middle;
    /* Times in microseconds are read as such up to a second. */
    const char *symbol;
    if (fine && unit == SCOPE_UNIT_NS &&
        greatest / scope_unit_scale(least, unit, &symbol) < 1e6)
        base = least;
    scale.factor = scope_unit_scale(base, unit, &scale.symbol);
    scale.decimals = decimals_for((fine ? least : middle) / scale.factor,
                                  greatest / scale.factor, fine ? 6 : 5);
    scale.shared = fine ? greatest / scale.factor < 1e6 && least > middle / 1e4
                        : greatest / scale.factor < 1e5;
    return scale;
}

static void add_fixed(struct scope_text *out, double number, int decimals)
{
    /* What is not zero must not look like it. */
    if (number != 0 && fabs(number) < 0.5 * pow(10, -decimals))
        scope_text_add(out, "%.1g", number);
    else
        scope_text_add(out, "%.*f", decimals, number);
}

void scope_scale_add(struct scope_text *out, const struct scope_scale *scale,
                     double value, bool symbol)
{
    if (isnan(value)) {
        scope_text_add(out, "-");
    } else if (isinf(value)) {
        scope_text_add(out, value > 0 ? "inf" : "-inf");
    } else if (!scale->shared) {
        char text[64];
        scope_text_add(
            out, "%s",
            scope_format_value(text, sizeof text, value, scale->unit, 3));
    } else {
        add_fixed(out, value / scale->factor, value == 0 ? 0 : scale->decimals);
        if (symbol && *scale->symbol)
            scope_text_add(out, " %s", scale->symbol);
    }
}
