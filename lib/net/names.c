/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/net/names.h"

#include <string.h>

enum { DIGITS_MAX = 20 };

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

static unsigned digits_of(uint64_t number)
{
    unsigned digits = 1;
    while (number /= 10)
        digits++;
    return digits;
}

/* Copies plain characters; the number of them. */
static size_t take_plain(char *to, const char *from)
{
    size_t length = 0;
    while (length < SCOPE_NAME_MAX && is_plain(from[length])) {
        to[length] = from[length];
        length++;
    }
    return length;
}

/* "%d" or "%05d"; the text after it, or NULL. */
static const char *take_number(struct scope_names *names, const char *text)
{
    if (*text++ != '%')
        return NULL;
    if (*text == '0') {
        text++;
        if (*text < '1' || *text > '9')
            return NULL;
        names->width = (unsigned)(*text++ - '0');
    }
    return *text == 'd' ? text + 1 : NULL;
}

enum scope_code scope_names_parse(struct scope_names *names,
                                  const char *pattern, uint64_t count,
                                  struct scope_err *err)
{
    *names = (struct scope_names){.count = count};
    names->before = take_plain(names->prefix, pattern);
    const char *rest = take_number(names, pattern + names->before);
    if (rest) {
        names->after = take_plain(names->suffix, rest);
        rest += names->after;
    }
    if (!rest || *rest) {
        scope_fail(err, SCOPE_USAGE, 0, "'%s' is no pattern of names", pattern);
        return scope_hint(err, "letters, digits and -._~ with one %%d in them, "
                               "or %%05d for five digits: app%%05d");
    }
    if (names->before + names->after + DIGITS_MAX > SCOPE_NAME_MAX)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "'%s' makes names of more than %d characters",
                          pattern, SCOPE_NAME_MAX);
    unsigned needed = digits_of(count ? count - 1 : 0);
    if (names->width && needed > names->width)
        names->width = needed;
    return SCOPE_OK;
}

size_t scope_names_put(const struct scope_names *names, uint64_t number,
                       char *out)
{
    char digits[DIGITS_MAX];
    unsigned length = 0;
    do {
        digits[length++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    char *at = mempcpy(out, names->prefix, names->before);
    for (unsigned zeros = length; zeros < names->width; zeros++)
        *at++ = '0';
    while (length)
        *at++ = digits[--length];
    at = mempcpy(at, names->suffix, names->after);
    *at = '\0';
    return (size_t)(at - out);
}

bool scope_names_find(const struct scope_names *names, const char *text,
                      size_t size, uint64_t *number)
{
    size_t fixed = names->before + names->after;
    if (size <= fixed || size - fixed >= DIGITS_MAX ||
        memcmp(text, names->prefix, names->before) != 0 ||
        memcmp(text + size - names->after, names->suffix, names->after) != 0)
        return false;
    uint64_t value = 0;
    for (size_t i = names->before; i < size - names->after; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    char name[SCOPE_NAME_MAX + 1];
    if (value >= names->count || scope_names_put(names, value, name) != size ||
        memcmp(name, text, size) != 0)
        return false;
    *number = value;
    return true;
}
