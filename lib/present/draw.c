/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plots as pictures: files of their own, or an element of a page. */
#include "lib/present/gnuplot.h"

#include "lib/present/heat_script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The page's name of a colour that gnuplot wrote, or NULL. */
static char *page_colour(unsigned red, unsigned green, unsigned blue)
{
    if (red == 1 && green == 2 && blue == 3)
        return scope_strdup("var(--ink)");
    if (red == 4 && green == 5 && blue == 6)
        return scope_strdup("var(--grid)");
    if (red == 7 && green == 8 && blue == 9)
        return scope_strdup("var(--paper)");
    char hex[32];
    snprintf(hex, sizeof hex, "#%02x%02x%02x", red, green, blue);
    for (int i = 0; i < SCOPE_PALETTE; i++)
        if (strcmp(hex, scope_palette_light[i]) == 0)
            return scope_format("var(--c%d)", i + 1);
    return NULL;
}

/* What of a tag belongs to the page is put in its place: colours, and ids,
 * which are unique in a page. Returns how much of text was replaced. */
static size_t adopt(const char *text, const char *prefix,
                    struct scope_text *out)
{
    unsigned red, green, blue;
    int length = 0;
    static const char *const ids[] = {" id='", " id=\"", "href='#", "href=\"#",
                                      "url(#"};
    if (sscanf(text, "rgb(%u ,%u ,%u)%n", &red, &green, &blue, &length) == 3 &&
        length > 0) {
        char *colour = page_colour(red, green, blue);
        if (colour)
            scope_text_add(out, "%s", colour);
        free(colour);
        return colour ? (size_t)length : 0;
    }
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (strncmp(text, ids[i], strlen(ids[i])) == 0) {
            scope_text_add(out, "%s%s-", ids[i], prefix);
            return strlen(ids[i]);
        }
    return 0;
}

/* An SVG document as an element of a page. */
static void make_inline(const char *svg, const char *prefix,
                        struct scope_text *out)
{
    const char *at = strstr(svg, "<svg");
    bool in_tag = false;
    while (at && *at) {
        if (*at == '<')
            in_tag = true;
        else if (*at == '>')
            in_tag = false;
        size_t replaced = in_tag ? adopt(at, prefix, out) : 0;
        if (!replaced)
            scope_text_char(out, *at);
        at += replaced ? replaced : 1;
    }
}

/* Empty: nothing to draw. */
static bool write_script(const struct scope_item *item,
                         enum scope_drawing drawing, struct scope_text *script)
{
    if (item->plot && scope_plot_drawable(item->plot))
        scope_plot_script(item->plot, drawing, script);
    else if (item->heat && scope_heat_drawable(item->heat))
        scope_heat_script(item->heat, drawing, script);
    return script->length > 0;
}

enum scope_code scope_item_draw(const struct scope_item *item,
                                enum scope_drawing drawing,
                                struct scope_text *picture,
                                struct scope_err *err)
{
    const char *id = item->heat ? item->heat->id : item->plot->id;
    const char *what = item->heat ? "heat map" : "plot";
    struct scope_text script = {0}, drawn = {0};
    if (!write_script(item, drawing, &script))
        return scope_fail(err, SCOPE_NOT_FOUND, 0,
                          "%s %s has no %s that could be drawn", what, id,
                          item->heat ? "value" : "point");
    enum scope_code code = scope_gnuplot_run(&script, &drawn, err);
    if (code != SCOPE_OK)
        scope_prefix(err, "draw %s %s", what, id);
    else if (drawing == SCOPE_DRAWING_INLINE)
        make_inline(drawn.bytes ? drawn.bytes : "", id, picture);
    else
        scope_text_put(picture, drawn.bytes, drawn.length);
    scope_text_free(&script);
    scope_text_free(&drawn);
    return code;
}

static enum scope_code save(const char *path, const struct scope_text *picture,
                            struct scope_err *err)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return scope_fail(err, SCOPE_IO, errno, "create %s", path);
    size_t written = fwrite(picture->bytes, 1, picture->length, file);
    if (fclose(file) != 0 || written != picture->length)
        return scope_fail(err, SCOPE_IO, errno, "write %s", path);
    return SCOPE_OK;
}

static enum scope_code draw_file(const struct scope_item *item,
                                 const char *folder, const char *format,
                                 struct scope_err *err)
{
    struct scope_text picture = {0};
    char *path =
        scope_format("%s/%s.%s", folder,
                     item->heat ? item->heat->id : item->plot->id, format);
    enum scope_code code = scope_item_draw(
        item,
        strcmp(format, "png") == 0 ? SCOPE_DRAWING_PNG : SCOPE_DRAWING_SVG,
        &picture, err);
    if (code == SCOPE_OK)
        code = save(path, &picture, err);
    free(path);
    scope_text_free(&picture);
    return code;
}

enum scope_code scope_report_draw(const struct scope_report *report,
                                  const char *folder, const char *format,
                                  struct scope_err *err)
{
    if (strcmp(format, "svg") != 0 && strcmp(format, "png") != 0)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "plots can be drawn as svg or png, not as \"%s\"",
                          format);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return scope_fail(err, SCOPE_IO, errno, "create the folder %s", folder);
    for (size_t i = 0; i < report->item_count; i++) {
        const struct scope_item *item = &report->items[i];
        if (!(item->plot && scope_plot_drawable(item->plot)) &&
            !(item->heat && scope_heat_drawable(item->heat)))
            continue;
        enum scope_code code = draw_file(item, folder, format, err);
        if (code != SCOPE_OK)
            return code;
    }
    return SCOPE_OK;
}
