/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What gnuplot is told of a heat map. The picture grows with its rows, and the
 * margins with their names, so that nothing lies over anything.
 */
#include "lib/present/heat_script.h"

#include "lib/base/inert.h"
#include "lib/present/scale.h"
#include "lib/present/script.h"

#include <math.h>
#include <scope/alloc.h>
#include <stdlib.h>
#include <string.h>

const unsigned scope_heat_colours[SCOPE_HEAT_COLOURS] = {
    0xfde725, 0xbddf26, 0x7ad151, 0x44bf70, 0x22a884, 0x21918c,
    0x2a788e, 0x355f8d, 0x414487, 0x482475, 0x440154,
};

enum {
    LONGEST_NAME = 36, /* columns of text */
    WIDTH = 900,       /* all else in CSS pixels */
    FONT = 12,
    LETTER = 7, /* of that font, roughly the widest mean */
    ROW = 20,
    LOW_ROW = 15,   /* where there are many */
    MANY_ROWS = 40, /* more than this */
    WIDEST_CELL = 130,
    RIGHT = 120, /* for the scale of colours */
    GAP = 8,
};

struct sheet {
    const struct scope_heat_map *map;
    struct scope_scale scale;
    double least, most; /* of what has a colour, in base units */
    double cell, row;
    double left, top, width, height; /* of the cells */
    struct scope_canvas canvas;
    bool slanted, upright; /* the names of columns */
};

static bool has_colour(const struct scope_heat_map *map, double value)
{
    return isfinite(value) && (!map->log || value > 0);
}

bool scope_heat_drawable(const struct scope_heat_map *map)
{
    for (size_t i = 0; i < map->row_count * map->column_count; i++)
        if (has_colour(map, map->values[i]))
            return true;
    return false;
}

static int name_width(const char *name)
{
    char *inert = scope_inert(name);
    int width = scope_text_width(inert);
    free(inert);
    return width < LONGEST_NAME ? width : LONGEST_NAME + 1;
}

static double widest_name(char *const *names, size_t count)
{
    int widest = 0;
    for (size_t i = 0; i < count; i++) {
        int width = name_width(names[i]);
        widest = width > widest ? width : widest;
    }
    return widest * LETTER;
}

static void find_scale(struct sheet *sheet)
{
    const struct scope_heat_map *map = sheet->map;
    size_t count = map->row_count * map->column_count, used = 0;
    double *values = scope_alloc(count, sizeof *values);
    sheet->least = INFINITY;
    sheet->most = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (!has_colour(map, map->values[i]))
            continue;
        values[used++] = map->values[i];
        sheet->least = fmin(sheet->least, map->values[i]);
        sheet->most = fmax(sheet->most, map->values[i]);
    }
    sheet->scale = scope_scale_find(values, used, map->unit, false);
    free(values);
    if (!map->log) {
        sheet->least = fmin(sheet->least, 0);
        if (sheet->most <= sheet->least)
            sheet->most = sheet->least < 0 ? 0 : 1;
    } else if (sheet->most <= sheet->least) {
        sheet->least /= 2;
        sheet->most *= 2;
    }
}

/* Above the rows lies what the names of rows and columns are. */
static char *corner_text(const struct scope_heat_map *map)
{
    return scope_format("%s ↓  %s →", map->row_label, map->column_label);
}

static void find_places(struct sheet *sheet)
{
    const struct scope_heat_map *map = sheet->map;
    double rows = widest_name(map->rows, map->row_count);
    double columns = widest_name(map->columns, map->column_count);
    char *corner = corner_text(map);
    double count = (double)map->column_count, slant = columns * 0.71 + GAP;
    double right = RIGHT;
    sheet->left = fmax(rows, name_width(corner) * LETTER) + 2 * GAP;
    free(corner);
    for (int pass = 0; pass < 2; pass++) {
        sheet->cell = fmin(WIDEST_CELL, (WIDTH - sheet->left - right) / count);
        sheet->upright = sheet->cell < 22;
        sheet->slanted = !sheet->upright && columns + GAP > sheet->cell;
        if (sheet->slanted)
            right = fmax(right, slant + GAP);
    }
    sheet->row = map->row_count > MANY_ROWS ? LOW_ROW : ROW;
    sheet->top = 4 * GAP + (sheet->upright   ? columns
                            : sheet->slanted ? slant
                                             : FONT);
    sheet->width = sheet->cell * count;
    sheet->height = sheet->row * (double)map->row_count;
    /* Room for the scale of colours beside few rows. */
    double least_height = 9 * ROW;
    sheet->canvas = (struct scope_canvas){
        .width = WIDTH,
        .height = sheet->top + fmax(sheet->height, least_height) + 2 * GAP,
        .font = FONT};
}

/* Where a value lies between the least and the most colour. */
static double place_of(const struct sheet *sheet, double value)
{
    if (sheet->map->log)
        return log(value / sheet->least) / log(sheet->most / sheet->least);
    return (value - sheet->least) / (sheet->most - sheet->least);
}

/* Relative luminance of sRGB (WCAG 2.1); above 0.179 black is read better than
 * white. */
static bool is_light(double place)
{
    static const double weights[] = {0.2126, 0.7152, 0.0722};
    double at = place * (SCOPE_HEAT_COLOURS - 1), luminance = 0;
    int index = (int)fmin(floor(at), SCOPE_HEAT_COLOURS - 2);
    for (int i = 0; i < 3; i++) {
        int shift = 16 - 8 * i;
        double from = scope_heat_colours[index] >> shift & 255;
        double to = scope_heat_colours[index + 1] >> shift & 255;
        double part = (from + (to - from) * (at - index)) / 255;
        luminance +=
            weights[i] *
            (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
    }
    return luminance > 0.179;
}

static char *cell_text(const struct sheet *sheet, double value)
{
    struct scope_text text = {0};
    scope_scale_add(&text, &sheet->scale, value, false);
    return scope_text_take(&text);
}

/* Whether the widest number fits into its cell. */
static bool numbers_fit(const struct sheet *sheet)
{
    const struct scope_heat_map *map = sheet->map;
    int widest = 0;
    for (size_t i = 0; i < map->row_count * map->column_count; i++) {
        char *text = cell_text(sheet, map->values[i]);
        int width = scope_text_width(text);
        widest = width > widest ? width : widest;
        free(text);
    }
    return widest * LETTER + GAP / 2.0 <= sheet->cell && sheet->row >= ROW;
}

static void add_cells(struct scope_text *script, const struct sheet *sheet)
{
    const struct scope_heat_map *map = sheet->map;
    double gap = 0.5 / fmin(sheet->cell, sheet->row);
    scope_text_add(script, "$cells << EOD\n");
    for (size_t r = 0; r < map->row_count; r++)
        for (size_t c = 0; c < map->column_count; c++) {
            double value = map->values[r * map->column_count + c];
            if (has_colour(map, value))
                scope_text_add(script, "%zu %zu %.9g %.9g %.9g %.9g %.9g\n", c,
                               r, (double)c - 0.5 + gap, (double)c + 0.5 - gap,
                               (double)r - 0.5 + gap, (double)r + 0.5 - gap,
                               value / sheet->scale.factor);
        }
    scope_text_add(script, "EOD\n");
}

enum ink {
    INK_BLACK, /* on a light colour */
    INK_WHITE,
    INK_PAGE, /* there is no colour */
};

/* The numbers that are written in one ink; false: none. */
static bool add_numbers(struct scope_text *script, const struct sheet *sheet,
                        enum ink ink)
{
    const struct scope_heat_map *map = sheet->map;
    struct scope_text lines = {0};
    for (size_t r = 0; r < map->row_count; r++)
        for (size_t c = 0; c < map->column_count; c++) {
            double value = map->values[r * map->column_count + c];
            enum ink wanted = !has_colour(map, value)            ? INK_PAGE
                              : is_light(place_of(sheet, value)) ? INK_BLACK
                                                                 : INK_WHITE;
            if (wanted != ink)
                continue;
            char *text = cell_text(sheet, value);
            scope_text_add(&lines, "%zu %zu \"%s\"\n", c, r, text);
            free(text);
        }
    bool any = lines.length > 0;
    if (any)
        scope_text_add(script, "$ink%d << EOD\n%sEOD\n", (int)ink, lines.bytes);
    scope_text_free(&lines);
    return any;
}

static void add_names(struct scope_text *script, const char *axis,
                      char *const *names, size_t count, const char *how)
{
    scope_text_add(script, "set %stics (", axis);
    for (size_t i = 0; i < count; i++) {
        scope_text_add(script, "%s", i ? ", " : "");
        scope_script_quoted(script, names[i], LONGEST_NAME, true);
        scope_text_add(script, " %zu", i);
    }
    scope_text_add(script, ") scale 0 %s\n", how);
}

/* The page of cells, its names and the scale of colours. */
static void add_frame(struct scope_text *script, const struct sheet *sheet)
{
    const struct scope_heat_map *map = sheet->map;
    const struct scope_canvas *canvas = &sheet->canvas;
    double right = sheet->left + sheet->width;
    double bottom = canvas->height - sheet->top - sheet->height;
    double bar = fmin(fmax(sheet->height, 9 * ROW), 16 * ROW) - 2 * GAP;
    scope_text_add(script,
                   "unset border\nunset grid\nunset key\n"
                   "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
                   "set tmargin at screen %.6f\nset bmargin at screen %.6f\n"
                   "set xrange [-0.5:%zu.5]\nset x2range [-0.5:%zu.5]\n"
                   "set yrange [%zu.5:-0.5]\nunset xtics\n",
                   sheet->left / canvas->width, right / canvas->width,
                   1 - sheet->top / canvas->height, bottom / canvas->height,
                   map->column_count - 1, map->column_count - 1,
                   map->row_count - 1);
    add_names(script, "x2", map->columns, map->column_count,
              sheet->upright   ? "rotate by 90 left"
              : sheet->slanted ? "rotate by 45 left"
                               : "");
    add_names(script, "y", map->rows, map->row_count, "");
    scope_text_add(script,
                   "set colorbox user origin screen %.6f,%.6f size screen "
                   "%.6f,%.6f noborder\n",
                   (right + 2 * GAP) / canvas->width,
                   1 - (sheet->top + bar) / canvas->height, 14 / canvas->width,
                   bar / canvas->height);
}

static void add_colours(struct scope_text *script, const struct sheet *sheet,
                        enum scope_drawing drawing)
{
    const struct scope_scale *scale = &sheet->scale;
    scope_text_add(script, "set palette defined (");
    for (int i = 0; i < SCOPE_HEAT_COLOURS; i++)
        scope_text_add(script, "%s%d '#%06x'", i ? ", " : "", i,
                       scope_heat_colours[i]);
    scope_text_add(script,
                   ")\n%sset cbrange [%.9g:%.9g]\nset format cb '%%g'\n"
                   "set cbtics scale 0.4 textcolor rgb '%s'\nset cblabel ",
                   sheet->map->log ? "set logscale cb\n" : "",
                   sheet->least / scale->factor, sheet->most / scale->factor,
                   scope_script_ink(drawing));
    char *label =
        *scale->symbol
            ? scope_format("%s (%s)", sheet->map->value_label, scale->symbol)
            : scope_strdup(sheet->map->value_label);
    scope_script_quoted(script, label, LONGEST_NAME, false);
    free(label);
    scope_text_add(script, " offset 1.5,0 textcolor rgb '%s'\n",
                   scope_script_ink(drawing));
}

static void add_texts(struct scope_text *script, const struct sheet *sheet,
                      enum scope_drawing drawing)
{
    const struct scope_canvas *canvas = &sheet->canvas;
    char *corner = corner_text(sheet->map);
    scope_text_add(script, "set label 1 ");
    scope_script_quoted(script, corner, LONGEST_NAME, false);
    scope_text_add(script, " at screen %.6f,%.6f right textcolor rgb '%s'\n",
                   (sheet->left - GAP) / canvas->width,
                   1 - (sheet->top - GAP) / canvas->height,
                   scope_script_ink(drawing));
    free(corner);
    /* A page shows the title as text. */
    if (drawing == SCOPE_DRAWING_INLINE)
        return;
    scope_text_add(script, "set label 2 ");
    scope_script_quoted(script, sheet->map->title, 80, false);
    scope_text_add(script, " at screen 0.5,%.6f center textcolor rgb '%s'\n",
                   1 - 1.5 * GAP / canvas->height, scope_script_ink(drawing));
}

void scope_heat_script(const struct scope_heat_map *map,
                       enum scope_drawing drawing, struct scope_text *script)
{
    struct sheet sheet = {.map = map};
    find_scale(&sheet);
    find_places(&sheet);
    if (drawing != SCOPE_DRAWING_INLINE) {
        sheet.top += 2 * GAP;
        sheet.canvas.height += 2 * GAP;
    }
    scope_script_terminal(script, drawing, &sheet.canvas);
    add_frame(script, &sheet);
    add_colours(script, &sheet, drawing);
    add_texts(script, &sheet, drawing);
    add_cells(script, &sheet);
    const char *const inks[] = {
        [INK_BLACK] = "#000000",
        [INK_WHITE] = "#ffffff",
        [INK_PAGE] = scope_script_ink(drawing),
    };
    bool used[3] = {0};
    bool fit = numbers_fit(&sheet);
    for (enum ink ink = INK_BLACK; ink <= INK_PAGE; ink++)
        used[ink] = fit && add_numbers(script, &sheet, ink);
    scope_text_add(script, "plot $cells using 1:2:3:4:5:6:7 with boxxyerror "
                           "fill solid noborder lc palette title ");
    scope_script_quoted(script, map->value_label, LONGEST_NAME, false);
    for (enum ink ink = INK_BLACK; ink <= INK_PAGE; ink++)
        if (used[ink])
            scope_text_add(script,
                           ", $ink%d using 1:2:3 with labels textcolor rgb "
                           "'%s' notitle",
                           (int)ink, inks[ink]);
    scope_text_char(script, '\n');
}
