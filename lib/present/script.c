/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What gnuplot is told: scales, ticks, palette and data of a plot. */
#include "lib/present/script.h"

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
    LONGEST_NAME = 30,  /* of a place on the x axis, where it is slanted */
    ROOM_OF_NAMES = 90, /* columns below a plot */
    FEW_CURVES = 6,     /* whose names fit above it as they are */
};

static void add_label(struct scope_text *script, const char *text)
{
    scope_script_quoted(script, text, LONGEST_LABEL, false);
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
    if (curve->mark == SCOPE_MARK_STACK && !(curve->y[i] > 0))
        return false;
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

/* The height that the stacked bars before this one reach at a place. */
static double stack_base(const struct scope_plot *plot, size_t index, double x)
{
    double base = 0;
    for (size_t c = 0; c < index; c++) {
        const struct scope_curve *curve = &plot->curves[c];
        for (size_t i = 0; curve->mark == SCOPE_MARK_STACK && i < curve->count;
             i++)
            if (curve->x[i] == x && point_drawable(plot, curve, i))
                base += curve->y[i];
    }
    return base;
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
            if (!x && curve->mark == SCOPE_MARK_STACK) {
                scaled.least = fmin(scaled.least, 0);
                value += stack_base(plot, c, curve->x[i]);
            }
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

/* A broken line goes on after one empty line; two would end the data set. */
static void add_points(struct scope_text *script, const struct scope_plot *plot,
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
    for (size_t i = 0; i < curve->count; i++) {
        if (!point_drawable(plot, curve, i)) {
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
}

/* Boxes from where the ones below end: x, y, and their four sides. */
static void add_boxes(struct scope_text *script, const struct scope_plot *plot,
                      size_t index, const struct scaled *x,
                      const struct scaled *y)
{
    const struct scope_curve *curve = &plot->curves[index];
    for (size_t i = 0; i < curve->count; i++) {
        if (!point_drawable(plot, curve, i))
            continue;
        double place = drawn(x, curve->x[i]);
        double base = stack_base(plot, index, curve->x[i]);
        double low = drawn(y, base), high = drawn(y, base + curve->y[i]);
        scope_text_add(script, "%.9g %.9g %.9g %.9g %.9g %.9g\n", place, high,
                       place - 0.36, place + 0.36, low, high);
    }
}

static void add_data(struct scope_text *script, const struct scope_plot *plot,
                     size_t index, const struct scaled *x,
                     const struct scaled *y)
{
    scope_text_add(script, "$d%zu << EOD\n", index);
    if (plot->curves[index].mark == SCOPE_MARK_STACK)
        add_boxes(script, plot, index, x, y);
    else
        add_points(script, plot, index, x, y);
    scope_text_add(script, "EOD\n");
}

static int widest_name(const struct scope_plot *plot)
{
    int widest = 0;
    for (size_t i = 0; i < plot->name_count; i++) {
        char *inert = scope_inert(plot->names[i]);
        int width = scope_text_width(inert);
        widest = width > widest ? width : widest;
        free(inert);
    }
    return widest;
}

/* Names lie beside each other while they fit; slanted ones do not lie over
 * another while they are few. */
enum turn {
    TURN_FLAT,
    TURN_SLANTED,
    TURN_UPRIGHT,
};

static enum turn turn_of(const struct scope_plot *plot)
{
    if (!plot->name_count ||
        widest_name(plot) < ROOM_OF_NAMES / (int)plot->name_count)
        return TURN_FLAT;
    return plot->name_count < 20 ? TURN_SLANTED : TURN_UPRIGHT;
}

/* What long names and many curves take is added, not taken from the data. */
static struct scope_canvas canvas_of(const struct scope_plot *plot)
{
    struct scope_canvas canvas = {.width = 900, .height = 470, .font = 14};
    int letters = widest_name(plot);
    letters = letters < LONGEST_NAME ? letters : LONGEST_NAME;
    enum turn turn = turn_of(plot);
    if (turn != TURN_FLAT)
        canvas.height += letters * (turn == TURN_SLANTED ? 4 : 8);
    if (plot->curve_count > FEW_CURVES)
        canvas.height += (double)(plot->curve_count - FEW_CURVES) / 4 * 19;
    return canvas;
}

/* The margin, in letters, into which the first names may reach. */
static int left_of(const struct scope_plot *plot, enum turn turn)
{
    int least = 10, letters = widest_name(plot);
    letters = letters < LONGEST_NAME ? letters + 1 : LONGEST_NAME + 1;
    int reach = letters * 9 / 10 - ROOM_OF_NAMES / 2 / (int)plot->name_count;
    return turn == TURN_SLANTED && reach > least ? reach : least;
}

static void add_names(struct scope_text *script, const struct scope_plot *plot)
{
    static const char *const turns[] = {
        [TURN_FLAT] = "",
        [TURN_SLANTED] = " rotate by 30 right",
        [TURN_UPRIGHT] = " rotate by 90 right",
    };
    if (!plot->name_count)
        return;
    enum turn turn = turn_of(plot);
    scope_text_add(script, "set xtics (");
    for (size_t i = 0; i < plot->name_count; i++) {
        scope_text_add(script, "%s", i ? ", " : "");
        scope_script_quoted(script, plot->names[i],
                            turn == TURN_FLAT ? LONGEST_LABEL : LONGEST_NAME,
                            true);
        scope_text_add(script, " %zu", i);
    }
    scope_text_add(script, ")%s\nset xrange [-0.6:%zu.6]\n", turns[turn],
                   plot->name_count - 1);
    if (turn != TURN_FLAT)
        scope_text_add(script, "set lmargin %d\nset rmargin 2\n",
                       left_of(plot, turn));
}

/* Colours that come again are told apart by how they are filled. */
static void add_fill(struct scope_text *script, enum scope_drawing drawing,
                     size_t colour)
{
    static const char *const fills[] = {
        "transparent solid 0.9",
        "transparent solid 0.45",
        "transparent pattern 4",
        "transparent pattern 2",
    };
    scope_text_add(
        script, " fill %s border lc rgb '%s'",
        fills[colour / SCOPE_PALETTE % (sizeof fills / sizeof *fills)],
        scope_script_paper(drawing));
}

static void add_curve(struct scope_text *script, const struct scope_plot *plot,
                      enum scope_drawing drawing, size_t index, size_t colour)
{
    static const char *const marks[] = {
        [SCOPE_MARK_LINE] = "lines lw 2",
        [SCOPE_MARK_STEPS] = "fsteps lw 2",
        [SCOPE_MARK_POINTS] = "points pt 7 ps 0.5",
        [SCOPE_MARK_DASHES] = "lines lw 2 dt 2",
        [SCOPE_MARK_BARS] = "boxes fill solid 0.85 noborder",
        [SCOPE_MARK_STACK] = "boxxyerror",
    };
    const struct scope_curve *curve = &plot->curves[index];
    enum scope_mark mark = curve->mark;
    scope_text_add(script, "$d%zu using %s with %s lc rgb '%s'", index,
                   mark == SCOPE_MARK_BARS    ? "1:2:3"
                   : mark == SCOPE_MARK_STACK ? "1:2:3:4:5:6"
                                              : "1:2",
                   marks[mark], scope_palette_light[colour % SCOPE_PALETTE]);
    if (mark == SCOPE_MARK_LINE || mark == SCOPE_MARK_STEPS)
        scope_text_add(script, " dt %zu",
                       colour < SCOPE_PALETTE ? 1 : colour % 3 + 3);
    if (mark == SCOPE_MARK_STACK)
        add_fill(script, drawing, colour);
    if (*curve->label) {
        scope_text_add(script, " title ");
        scope_script_quoted(script, curve->label,
                            plot->curve_count > FEW_CURVES ? LONGEST_NAME
                                                           : LONGEST_LABEL,
                            false);
    } else {
        scope_text_add(script, " notitle");
    }
}

static void add_plot(struct scope_text *script, const struct scope_plot *plot,
                     enum scope_drawing drawing)
{
    scope_text_add(script, "plot ");
    size_t drawn_count = 0, colour = 0;
    for (size_t i = 0; i < plot->curve_count; i++) {
        if (i > 0 && plot->curves[i].mark != SCOPE_MARK_DASHES)
            colour++;
        if (!curve_drawable(plot, &plot->curves[i]))
            continue;
        scope_text_add(script, "%s", drawn_count++ ? ", " : "");
        add_curve(script, plot, drawing, i, colour);
    }
    scope_text_char(script, '\n');
}

void scope_plot_script(const struct scope_plot *plot,
                       enum scope_drawing drawing, struct scope_text *script)
{
    struct scaled x = scale_axis(plot, true), y = scale_axis(plot, false);
    struct scope_canvas canvas = canvas_of(plot);
    scope_script_terminal(script, drawing, &canvas);
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
    add_plot(script, plot, drawing);
}
