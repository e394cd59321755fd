/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of a script for gnuplot. */
#include "lib/present/script.h"

#include "lib/base/inert.h"

#include <stdlib.h>

/* For the page's colours a picture carries marks that draw.c replaces. */
const char *scope_script_ink(enum scope_drawing drawing)
{
    return drawing == SCOPE_DRAWING_INLINE ? "#010203" : "#333333";
}

const char *scope_script_paper(enum scope_drawing drawing)
{
    return drawing == SCOPE_DRAWING_INLINE ? "#070809" : "#ffffff";
}

void scope_script_terminal(struct scope_text *script,
                           enum scope_drawing drawing,
                           const struct scope_canvas *canvas)
{
    static const double dots = 16.0 / 9; /* of a PNG to a CSS pixel */
    const char *ink = scope_script_ink(drawing);
    if (drawing == SCOPE_DRAWING_PNG)
        scope_text_add(script,
                       "set terminal pngcairo size %.0f,%.0f noenhanced font "
                       "'sans,%.0f' linewidth 1.6 background rgb 'white'\n",
                       canvas->width * dots, canvas->height * dots,
                       canvas->font * 18 / 14);
    else
        scope_text_add(script,
                       "set terminal svg size %.0f,%.0f dynamic noenhanced "
                       "font 'sans-serif,%.0f'%s\n",
                       canvas->width, canvas->height, canvas->font,
                       drawing == SCOPE_DRAWING_SVG ? " background rgb 'white'"
                                                    : "");
    scope_text_add(
        script,
        "set encoding utf8\n"
        "set border 3 lc rgb '%s'\n"
        "set tics nomirror out textcolor rgb '%s'\n"
        "set grid lt 1 lc rgb '%s' lw 0.6\n"
        "set key %s horizontal Left reverse samplen 2 "
        "textcolor rgb '%s'\n"
        "set xlabel textcolor rgb '%s'\n"
        "set ylabel textcolor rgb '%s'\n"
        "set title textcolor rgb '%s'\n",
        ink, ink, drawing == SCOPE_DRAWING_INLINE ? "#040506" : "#dddddd",
        drawing == SCOPE_DRAWING_INLINE ? "above left" : "outside below center",
        ink, ink, ink, ink);
}

void scope_script_quoted(struct scope_text *script, const char *text,
                         int widest, bool format)
{
    char *inert = scope_inert(text);
    size_t fits = scope_text_fit(inert, widest);
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
