/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plots drawn by gnuplot, in a process of its own: the script is made of
 * numbers in data blocks and of inert, single-quoted labels, so nothing that
 * was measured can speak to gnuplot.
 */
#ifndef LIB_PRESENT_GNUPLOT_H
#define LIB_PRESENT_GNUPLOT_H

#include "lib/present/model.h"

enum scope_drawing {
    SCOPE_DRAWING_SVG = 1,
    SCOPE_DRAWING_PNG,
    SCOPE_DRAWING_INLINE, /* an <svg> element whose colours come from the page:
                             --ink, --grid, --paper, --c1, --c2, ... */
};

/* The colours of the curves, as #rrggbb for light and dark paper (Okabe and
 * Ito, Color Universal Design, 2008; lightened for dark): told apart with any
 * kind of colour vision. */
enum {
    SCOPE_PALETTE = 7,
};
extern const char *const scope_palette_light[SCOPE_PALETTE];
extern const char *const scope_palette_dark[SCOPE_PALETTE];

/* Whether there is anything to draw. */
bool scope_plot_drawable(const struct scope_plot *plot);

/* gnuplot's script for the plot, as text to add to. */
void scope_plot_script(const struct scope_plot *plot,
                       enum scope_drawing drawing, struct scope_text *script);

/* Draws a plot or a heat map and appends the picture's bytes. SCOPE_NOT_FOUND:
 * nothing to draw; SCOPE_UNAVAILABLE: gnuplot is not installed; SCOPE_FAILED:
 * gnuplot's own words. */
enum scope_code scope_item_draw(const struct scope_item *item,
                                enum scope_drawing drawing,
                                struct scope_text *picture,
                                struct scope_err *err) SCOPE_MUST_CHECK;

/* Runs gnuplot on a script and appends what it writes to its output. */
enum scope_code scope_gnuplot_run(const struct scope_text *script,
                                  struct scope_text *output,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

#endif
