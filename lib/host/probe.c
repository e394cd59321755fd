/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a plugin can work here, whatever its kind. */
#include "lib/base/options.h"
#include "lib/host/loader.h"

enum scope_code scope_loaded_probe(const struct scope_loaded *loaded,
                                   const void *config, struct scope_err *err)
{
    switch (loaded->plugin->kind) {
    case SCOPE_COLLECTOR:
        return loaded->collector.probe(config, err);
    case SCOPE_DRIVER:
        return loaded->driver.probe(config, err);
    case SCOPE_BACKEND:
        return loaded->backend.probe(config, err);
    case SCOPE_PROXY:
        return loaded->proxy.probe(config, err);
    case SCOPE_POLICY:
    case SCOPE_ANALYZER:
        break;
    }
    return SCOPE_OK;
}

enum scope_code scope_loaded_works(const struct scope_loaded *loaded,
                                   struct scope_err *err)
{
    struct scope_settings *settings =
        scope_settings_new(loaded->options, loaded->config_size, "");
    enum scope_code code =
        scope_loaded_probe(loaded, scope_settings_config(settings), err);
    scope_settings_free(settings);
    return code;
}
