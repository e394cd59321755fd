/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delays: parsing and drawing. Each draw inverts the distribution function,
 * but for the normal ones (Box and Muller, 1958). */
#include "plugins/backends/http/delay.h"

#include "lib/base/units.h"

#include <math.h>
#include <scope/alloc.h>
#include <string.h>

const char *const delay_forms =
    "5ms, uniform:FROM:TO, exponential:MEAN, normal:MEAN:DEVIATION, "
    "lognormal:MEDIAN:SIGMA, pareto:LEAST:EXPONENT";

static const struct {
    const char *name;
    bool has_b, has_shape;
} forms[] = {
    [DELAY_FIXED] = {"fixed", false, false},
    [DELAY_UNIFORM] = {"uniform", true, false},
    [DELAY_EXPONENTIAL] = {"exponential", false, false},
    [DELAY_NORMAL] = {"normal", true, false},
    [DELAY_LOGNORMAL] = {"lognormal", false, true},
    [DELAY_PARETO] = {"pareto", false, true},
};

enum { FORMS = sizeof forms / sizeof *forms };

static enum scope_code read_time(const char *text, int64_t *ns,
                                 struct scope_err *err)
{
    enum scope_code code = scope_parse_duration(text, ns, err);
    if (!code && (*ns < 0 || *ns > DELAY_MAX_NS))
        return scope_fail(err, SCOPE_USAGE, 0, "%s is not between 0 and 1h",
                          text);
    return code;
}

static enum scope_code read_form(struct delay *delay, char *rest,
                                 struct scope_err *err)
{
    const char *first = strsep(&rest, ":");
    bool two = forms[delay->kind].has_b || forms[delay->kind].has_shape;
    if (!first || two != (rest != NULL))
        return scope_fail(err, SCOPE_USAGE, 0, "%s takes %s",
                          forms[delay->kind].name,
                          two ? "two values" : "one value");
    enum scope_code code = read_time(first, &delay->a_ns, err);
    if (!code && forms[delay->kind].has_b)
        code = read_time(rest, &delay->b_ns, err);
    if (!code && forms[delay->kind].has_shape)
        code = scope_parse_number(rest, &delay->shape, err);
    if (code)
        return code;
    if (forms[delay->kind].has_shape && !(delay->shape > 0))
        return scope_fail(err, SCOPE_USAGE, 0, "%s is not above 0", rest);
    if (delay->kind == DELAY_UNIFORM && delay->b_ns < delay->a_ns)
        return scope_fail(err, SCOPE_USAGE, 0, "%s is below %s", rest, first);
    return SCOPE_OK;
}

enum scope_code delay_parse(struct delay *delay, const char *text,
                            struct scope_err *err)
{
    char *copy = scope_strdup(text);
    char *rest = copy;
    enum scope_code code;
    *delay = (struct delay){.kind = DELAY_FIXED};
    if (!strchr(text, ':')) {
        code = read_time(text, &delay->a_ns, err);
        goto out;
    }
    const char *name = strsep(&rest, ":");
    int kind = 0;
    while (kind < FORMS && strcmp(forms[kind].name, name) != 0)
        kind++;
    if (kind < FORMS) {
        delay->kind = (enum delay_kind)kind;
        code = read_form(delay, rest, err);
    } else {
        code = scope_fail(err, SCOPE_USAGE, 0, "'%s' is no distribution", name);
    }
out:
    if (code) {
        scope_prefix(err, "delay %s", text);
        scope_hint(err, "it looks like %s", delay_forms);
    }
    free(copy);
    return code;
}

static double draw_normal(struct scope_random *random)
{
    double radius = sqrt(-2 * log(scope_random_unit(random)));
    return radius * cos(2 * M_PI * scope_random_unit(random));
}

int64_t delay_draw(const struct delay *delay, struct scope_random *random)
{
    double a = (double)delay->a_ns;
    double drawn = 0;
    switch (delay->kind) {
    case DELAY_FIXED:
        return delay->a_ns;
    case DELAY_UNIFORM:
        drawn = a + ((double)delay->b_ns - a) * scope_random_unit(random);
        break;
    case DELAY_EXPONENTIAL:
        drawn = -a * log(scope_random_unit(random));
        break;
    case DELAY_NORMAL:
        drawn = a + (double)delay->b_ns * draw_normal(random);
        break;
    case DELAY_LOGNORMAL:
        drawn = a * exp(delay->shape * draw_normal(random));
        break;
    case DELAY_PARETO:
        drawn = a * pow(scope_random_unit(random), -1 / delay->shape);
        break;
    }
    if (!(drawn > 0))
        return 0;
    return drawn < (double)DELAY_MAX_NS ? (int64_t)drawn : DELAY_MAX_NS;
}
