/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all scripts for gnuplot begin with: the terminal, its colours, and
 * texts that cannot speak to it. */
#ifndef LIB_PRESENT_SCRIPT_H
#define LIB_PRESENT_SCRIPT_H

#include "lib/present/gnuplot.h"

/* A picture's size in CSS pixels, and that of its letters. */
struct scope_canvas {
    double width, height, font;
};

void scope_script_terminal(struct scope_text *script,
                           enum scope_drawing drawing,
                           const struct scope_canvas *canvas);

/* What the terminal above draws with: the page's colours where the picture is
 * part of one. */
const char *scope_script_ink(enum scope_drawing drawing);
const char *scope_script_paper(enum scope_drawing drawing);

/*
 * A text in quotes, at most `widest` columns of it. gnuplot knows no escape in
 * single quotes but the doubled quote. The names of ticks are formats, where a
 * percent sign is doubled as well.
 */
void scope_script_quoted(struct scope_text *script, const char *text,
                         int widest, bool format);

#endif
