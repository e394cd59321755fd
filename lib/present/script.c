/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What gnuplot is told: scales, ticks, palette and data of a plot. */
#include "lib/present/gnuplot.h"

#include "lib/base/inert.h"
#include "lib/base/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const scope_palette_light[SCOPE_PALETTE] = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#666666",
};
const char *const scope_palette_dark[SCOPE_PALETTE] = {
    "#4aa8e0", "#ff8a3d", "#2cc79b", "#e3a0c5", "#f2b84b", "#8fd0f5", "#aaaaaa",
};

enum {
    LONGEST_LABEL = 80, /* columns; more would leave no room for the data */
};

/* gnuplot knows no escape in single quotes but the doubled quote. The names of
 * ticks are formats, where a percent sign is doubled as well. */
static void add_quoted(struct scope_text *script, const char *text, bool format)
{
    char *inert = scope_inert(text);
    size_t fits = scope_text_fit(inert, LONGEST_LABEL);
    const char *cut = inert[fits] ? "…" : "";
    inert[fits] = '\0';
    scope_text_char(script, '\'');
    for (const char *at = inert; *at; at++) {
        if (*at == '\'' || (format && *at == '%'))
            scope_text_char(script, *at);
        scope_text_char(script, *at);
    }
    scope_text_add(script, "%s", cut);
    scope_text_char(script, '\'');
    free(inert);
}

static void add_label(struct scope_text *script, const char *text)
{
    add_quoted(script, text, false);
}

/* One axis, with the data's range on it in drawn units. */
struct scaled {
    const struct scope_axis *axis;
    double factor;
    const char *symbol;
    double least, most; /* of what can be drawn */
};

static bool can_draw(const struct scope_axis *axis, double value)
{
    if (!isfinite(value))
        return false;
    if (axis->scale == SCOPE_AXIS_LOG)
        return value > 0;
    return axis->scale != SCOPE_AXIS_PERCENTILE || (value >= 0 && value < 1);
}

static double drawn(const struct scaled *scaled, double value)
{
    if (scaled->axis->scale == SCOPE_AXIS_PERCENTILE)
        return -log10(1 - value);
    return value / scaled->factor;
}

static bool point_drawable(const struct scope_plot *plot,
                           const struct scope_curve *curve, size_t i)
{
    return can_draw(&plot->x, curve->x[i]) && can_draw(&plot->y, curve->y[i]);
}

static bool curve_drawable(const struct scope_plot *plot,
                           const struct scope_curve *curve)
{
    for (size_t i = 0; i < curve->count; i++)
        if (point_drawable(plot, curve, i))
            return true;
    return false;
}

bool scope_plot_drawable(const struct scope_plot *plot)
{
    for (size_t i = 0; i < plot->curve_count; i++)
        if (curve_drawable(plot, &plot->curves[i]))
            return true;
    return false;
}

static struct scaled scale_axis(const struct scope_plot *plot, bool x)
{
    struct scaled scaled = {.axis = x ? &plot->x : &plot->y,
                            .factor = 1,
                            .symbol = "",
                            .least = INFINITY,
                            .most = -INFINITY};
    for (size_t c = 0; c < plot->curve_count; c++) {
        const struct scope_curve *curve = &plot->curves[c];
        for (size_t i = 0; i < curve->count; i++) {
            double value = x ? curve->x[i] : curve->y[i];
            if (!point_drawable(plot, curve, i))
                continue;
            scaled.least = fmin(scaled.least, value);
            scaled.most = fmax(scaled.most, value);
        }
    }
    double magnitude = fmax(fabs(scaled.least), fabs(scaled.most));
    /* Of a log axis most is read well below its greatest value. */
    if (scaled.axis->scale == SCOPE_AXIS_LOG)
        magnitude = pow(scaled.least, 0.25) * pow(scaled.most, 0.75);
    if (scaled.axis->unit && scaled.axis->scale != SCOPE_AXIS_PERCENTILE)
        scaled.factor =
            scope_unit_scale(magnitude, scaled.axis->unit, &scaled.symbol);
    scaled.least = drawn(&scaled, scaled.least);
    scaled.most = drawn(&scaled, scaled.most);
    return scaled;
}

static void add_axis_label(struct scope_text *script, const char *name,
                           const struct scaled *scaled)
{
    char *label = *scaled->symbol ? scope_format("%s (%s)", scaled->axis->label,
                                                 scaled->symbol)
                                  : scope_strdup(scaled->axis->label);
    scope_text_add(script, "set %slabel ", name);
    add_label(script, label);
    scope_text_char(script, '\n');
    free(label);
}

/* Ticks at 0 %, 50 %, 90 %, 99 %, ... as far as the data go. */
static void add_percentile_ticks(struct scope_text *script, const char *name,
                                 double most)
{
    scope_text_add(script, "set %stics ('0 %%%%' 0, '50 %%%%' %.17g", name,
                   log10(2));
    static const char *const names[] = {
        "90 %%",     "99 %%",      "99.9 %%",     "99.99 %%",
        "99.999 %%", "99.9999 %%", "99.99999 %%",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((double)(i + 1) <= most + 0.5)
            scope_text_add(script, ", '%s' %zu", names[i], i + 1);
    scope_text_add(script, ")\nset %srange [0:%.17g]\n", name,
                   fmax(most * 1.02, 1));
}

static void add_axis(struct scope_text *script, const char *name,
                     const struct scaled *scaled)
{
    add_axis_label(script, name, scaled);
    double least = scaled->least, most = scaled->most;
    if (scaled->axis->scale == SCOPE_AXIS_PERCENTILE) {
        add_percentile_ticks(script, name, most);
        return;
    }
    if (scaled->axis->scale == SCOPE_AXIS_LOG) {
        scope_text_add(script, "set logscale %s\nset format %s '%%g'\n", name,
                       name);
        if (most <= least)
            scope_text_add(script, "set %srange [%.17g:%.17g]\n", name,
                           least / 2, most * 2);
        return;
    }
    if (scaled->axis->from_zero && least >= 0)
        least = 0;
    if (most > least && least == 0)
        scope_text_add(script, "set %srange [0:%s]\n", name, "*");
    else if (most <= least)
        scope_text_add(script, "set %srange [%.17g:%.17g]\n", name,
                       least - (least == 0 ? 0 : fabs(least) / 2),
                       most + (most == 0 ? 1 : fabs(most) / 2));
}

static void add_number(struct scope_text *script, double value)
{
    scope_text_add(script, "%.9g", value);
}

static void add_data(struct scope_text *script, const struct scope_plot *plot,
                     size_t index, const struct scaled *x,
                     const struct scaled *y)
{
    const struct scope_curve *curve = &plot->curves[index];
    bool bars = curve->mark == SCOPE_MARK_BARS;
    double width = 0.8 / (double)plot->curve_count;
    double shift =
        bars ? ((double)index - (double)(plot->curve_count - 1) / 2) * width
             : 0;
    bool broken = true;
    scope_text_add(script, "$d%zu << EOD\n", index);
    for (size_t i = 0; i < curve->count; i++) {
        if (!point_drawable(plot, curve, i)) {
            /* One empty line breaks a curve; two would end the data set. */
            if (!broken)
                scope_text_char(script, '\n');
            broken = true;
            continue;
        }
        add_number(script, drawn(x, curve->x[i]) + shift);
        scope_text_char(script, ' ');
        add_number(script, drawn(y, curve->y[i]));
        if (bars)
            scope_text_add(script, " %.9g", width);
        scope_text_char(script, '\n');
        broken = false;
    }
    scope_text_add(script, "EOD\n");
}

static void add_names(struct scope_text *script, const struct scope_plot *plot)
{
    if (!plot->name_count)
        return;
    scope_text_add(script, "set xtics (");
    for (size_t i = 0; i < plot->name_count; i++) {
        scope_text_add(script, "%s", i ? ", " : "");
        add_quoted(script, plot->names[i], true);
        scope_text_add(script, " %zu", i);
    }
    scope_text_add(script, ")%s\nset xrange [-0.6:%zu.6]\n",
                   plot->name_count > 6 ? " rotate by -30" : "",
                   plot->name_count - 1);
}

/* For the page's colours a picture carries marks that are replaced. */
static void add_terminal(struct scope_text *script, enum scope_drawing drawing)
{
    const char *ink = "#333333", *grid = "#dddddd";
    if (drawing == SCOPE_DRAWING_PNG) {
        scope_text_add(script, "set terminal pngcairo size 1600,840 noenhanced "
                               "font 'sans,18' linewidth 1.6 background rgb "
                               "'white'\n");
    } else if (drawing == SCOPE_DRAWING_SVG) {
        scope_text_add(script, "set terminal svg size 900,470 dynamic "
                               "noenhanced font 'sans-serif,14' background rgb "
                               "'white'\n");
    } else {
        scope_text_add(script, "set terminal svg size 900,470 dynamic "
                               "noenhanced font 'sans-serif,14'\n");
        ink = "#010203";
        grid = "#040506";
    }
    scope_text_add(script,
                   "set encoding utf8\n"
                   "set border 3 lc rgb '%s'\n"
                   "set tics nomirror out textcolor rgb '%s'\n"
                   "set grid lt 1 lc rgb '%s' lw 0.6\n"
                   "set key %s horizontal Left reverse samplen 2 "
                   "textcolor rgb '%s'\n"
                   "set xlabel textcolor rgb '%s'\n"
                   "set ylabel textcolor rgb '%s'\n"
                   "set title textcolor rgb '%s'\n",
                   ink, ink, grid,
                   drawing == SCOPE_DRAWING_INLINE ? "above left"
                                                   : "outside below center",
                   ink, ink, ink, ink);
}

static void add_plot(struct scope_text *script, const struct scope_plot *plot)
{
    static const char *const marks[] = {
        [SCOPE_MARK_LINE] = "lines lw 2",
        [SCOPE_MARK_STEPS] = "fsteps lw 2",
        [SCOPE_MARK_POINTS] = "points pt 7 ps 0.5",
        [SCOPE_MARK_DASHES] = "lines lw 2 dt 2",
        [SCOPE_MARK_BARS] = "boxes fill solid 0.85 noborder",
    };
    scope_text_add(script, "plot ");
    size_t drawn_count = 0, colour = 0;
    for (size_t i = 0; i < plot->curve_count; i++) {
        const struct scope_curve *curve = &plot->curves[i];
        if (i > 0 && curve->mark != SCOPE_MARK_DASHES)
            colour++;
        if (!curve_drawable(plot, curve))
            continue;
        bool bars = curve->mark == SCOPE_MARK_BARS;
        scope_text_add(script, "%s$d%zu using %s with %s lc rgb '%s'",
                       drawn_count++ ? ", " : "", i, bars ? "1:2:3" : "1:2",
                       marks[curve->mark],
                       scope_palette_light[colour % SCOPE_PALETTE]);
        if (curve->mark == SCOPE_MARK_LINE || curve->mark == SCOPE_MARK_STEPS)
            scope_text_add(script, " dt %zu",
                           colour < SCOPE_PALETTE ? 1 : colour % 3 + 3);
        if (*curve->label) {
            scope_text_add(script, " title ");
            add_label(script, curve->label);
        } else {
            scope_text_add(script, " notitle");
        }
    }
    scope_text_char(script, '\n');
}

void scope_plot_script(const struct scope_plot *plot,
                       enum scope_drawing drawing, struct scope_text *script)
{
    struct scaled x = scale_axis(plot, true), y = scale_axis(plot, false);
    add_terminal(script, drawing);
    /* A page shows the title as text. */
    if (drawing != SCOPE_DRAWING_INLINE) {
        scope_text_add(script, "set title ");
        add_label(script, plot->title);
        scope_text_char(script, '\n');
    }
    add_axis(script, "x", &x);
    add_axis(script, "y", &y);
    add_names(script, plot);
    for (size_t i = 0; i < plot->curve_count; i++)
        if (curve_drawable(plot, &plot->curves[i]))
            add_data(script, plot, i, &x, &y);
    add_plot(script, plot);
}
