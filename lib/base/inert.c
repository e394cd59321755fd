/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text from anywhere, made harmless. */
#include "lib/base/inert.h"

#include "lib/base/text.h"

#include <locale.h>
#include <pthread.h>
#include <string.h>
#include <wchar.h>

size_t scope_utf8_next(const char *text, uint32_t *code)
{
    const unsigned char *at = (const unsigned char *)text;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0x80   ? 1
                    : at[0] < 0xc2 ? 0
                    : at[0] < 0xe0 ? 2
                    : at[0] < 0xf0 ? 3
                    : at[0] < 0xf5 ? 4
                                   : 0;
    *code = length > 1 ? at[0] & (0x7fU >> length) : at[0];
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            length = 0; /* the NUL ends up here too */
        else
            *code = *code << 6 | (at[i] & 0x3fU);
    }
    if (length && *code >= smallest[length] && *code <= 0x10ffff &&
        (*code < 0xd800 || *code > 0xdfff))
        return length;
    *code = 0xfffd;
    return 1;
}

bool scope_code_acts(uint32_t code)
{
    static const uint32_t ranges[][2] = {
        {0x00, 0x1f},       {0x7f, 0x9f},        {0xad, 0xad},
        {0x600, 0x605},     {0x61c, 0x61c},      {0x6dd, 0x6dd},
        {0x70f, 0x70f},     {0x180b, 0x180f},    {0x200b, 0x200f},
        {0x2028, 0x202e},   {0x2060, 0x206f},    {0xe000, 0xf8ff},
        {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},    {0xfeff, 0xfeff},
        {0xfff0, 0xfffb},   {0xfffe, 0xffff},    {0x1d173, 0x1d17a},
        {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    return false;
}

static void write_out(struct scope_text *out, uint32_t code)
{
    if (code == '\n')
        scope_text_put(out, "\\n", 2);
    else if (code == '\t')
        scope_text_put(out, "\\t", 2);
    else if (code < 0x100)
        scope_text_add(out, "\\x%02x", code);
    else
        scope_text_add(out, "\\u%04x", code);
}

static char *clean(const char *text, bool inert)
{
    struct scope_text out = {0};
    while (*text) {
        uint32_t code;
        size_t length = scope_utf8_next(text, &code);
        if (code == 0xfffd)
            scope_text_put(&out, "\xef\xbf\xbd", 3);
        else if (inert && scope_code_acts(code))
            write_out(&out, code);
        else
            scope_text_put(&out, text, length);
        text += length;
    }
    return scope_text_take(&out);
}

char *scope_inert(const char *text)
{
    return clean(text, true);
}

char *scope_valid_utf8(const char *text)
{
    return clean(text, false);
}

static locale_t unicode;

static void open_unicode(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* wcwidth(3) knows no locale argument, and in the C locale nothing but ASCII;
 * the thread's is changed and put back. */
static locale_t use_unicode(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_unicode);
    return uselocale(unicode); /* (locale_t)0 changes nothing */
}

static int code_width(uint32_t code)
{
    if (code < 0x80)
        return 1;
    int width = wcwidth((wchar_t)code);
    return width < 0 ? 1 : width;
}

int scope_text_width(const char *text)
{
    locale_t before = use_unicode();
    int width = 0;
    while (*text) {
        uint32_t code;
        text += scope_utf8_next(text, &code);
        width += code_width(code);
    }
    uselocale(before);
    return width;
}

size_t scope_text_fit(const char *text, int width)
{
    locale_t before = use_unicode();
    size_t used = 0;
    while (text[used]) {
        uint32_t code;
        size_t length = scope_utf8_next(text + used, &code);
        width -= code_width(code);
        if (width < 0 && used)
            break;
        used += length;
    }
    uselocale(before);
    return used;
}
