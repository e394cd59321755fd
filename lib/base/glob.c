/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns on names. */
#include "lib/base/glob.h"

#include <string.h>

bool scope_glob(const char *pattern, const char *name, size_t length)
{
    const char *end = name + length;
    /* Where to go on when what follows the last '*' does not fit: it takes one
     * byte more. An earlier '*' never needs another try. */
    const char *star = NULL, *retry = NULL;
    while (name < end) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*pattern && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static bool ends_with(const char *text, size_t length, const char *tail)
{
    size_t size = strlen(tail);
    return length >= size && memcmp(text + length - size, tail, size) == 0;
}

/* " [clone .cold]", as demanglers write suffixes. */
static size_t without_clone(const char *symbol, size_t length)
{
    while (length && symbol[length - 1] == ']') {
        size_t open = length - 1;
        while (open > 0 && symbol[open] != '[')
            open--;
        if (open < 2 || strncmp(symbol + open, "[clone", 6) != 0 ||
            symbol[open - 1] != ' ')
            break;
        length = open - 1;
    }
    return length;
}

/* The names of gcc's and clang's clones, with the number behind them. */
static size_t without_suffix(const char *symbol, size_t length)
{
    static const char *const suffixes[] = {
        ".isra", ".part",       ".constprop", ".cold", ".lto_priv",
        ".llvm", ".localalias", ".warm",      ".hot",  ".unlikely",
    };
    for (size_t dot = 1; dot < length; dot++)
        for (size_t i = 0;
             symbol[dot] == '.' && i < sizeof suffixes / sizeof *suffixes;
             i++) {
            size_t size = strlen(suffixes[i]);
            if (length - dot >= size &&
                memcmp(symbol + dot, suffixes[i], size) == 0 &&
                (length - dot == size || symbol[dot + size] == '.'))
                return dot;
        }
    return length;
}

/* "f(int) const &": the parameters and what stands behind them. */
static size_t without_parameters(const char *symbol, size_t length)
{
    static const char *const behind[] = {" const", " volatile", " &&", " &",
                                         " noexcept"};
    size_t end = length;
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
        if (ends_with(symbol, end, behind[i])) {
            end -= strlen(behind[i]);
            i = (size_t)-1;
        }
    if (!end || symbol[end - 1] != ')')
        return length;
    size_t depth = 0, at = end;
    while (at > 0) {
        at--;
        depth += symbol[at] == ')';
        depth -= symbol[at] == '(';
        if (!depth)
            break;
    }
    /* "operator()" is a name, and "(anonymous namespace)" leads to one. */
    if (depth || !at || ends_with(symbol, at, "operator") ||
        ends_with(symbol, at, "::"))
        return length;
    return at;
}

size_t scope_symbol_base(const char *symbol, size_t length)
{
    size_t base = without_clone(symbol, length);
    base = without_parameters(symbol, base);
    return without_suffix(symbol, base);
}
