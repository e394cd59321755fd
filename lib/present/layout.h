/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table as people read it: which columns, and every cell as text, with
 * numbers scaled so that those that are to be compared share a unit.
 */
#ifndef LIB_PRESENT_LAYOUT_H
#define LIB_PRESENT_LAYOUT_H

#include "lib/present/model.h"

struct scope_layout {
    const struct scope_table *table;
    size_t columns, rows;
    size_t *column; /* in the table; those that people see */
    char **heading; /* inert */
    char **symbol;  /* the unit that all of a column shares, or "" */
    char **cell;    /* rows x columns, inert; "" where empty */
};

/* fold: leave out texts of a group's further rows that repeat the first. */
void scope_layout_make(const struct scope_table *table, bool fold,
                       struct scope_layout *layout);
void scope_layout_free(struct scope_layout *layout);

static inline const char *scope_layout_cell(const struct scope_layout *layout,
                                            size_t row, size_t column)
{
    return layout->cell[row * layout->columns + column];
}

static inline const struct scope_column *
scope_layout_spec(const struct scope_layout *layout, size_t column)
{
    return &layout->table->columns[layout->column[column]];
}

/* Whether the column is set to the right. */
static inline bool scope_layout_right(const struct scope_layout *layout,
                                      size_t column)
{
    enum scope_column_kind kind = scope_layout_spec(layout, column)->kind;
    return kind == SCOPE_COLUMN_NUMBER || kind == SCOPE_COLUMN_APART;
}

#endif
