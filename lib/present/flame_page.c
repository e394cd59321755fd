/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a page with flame graphs has once: their style, and the one script that
 * it may run, which its content security policy names by the hash. */
#include "lib/base/sha256.h"
#include "lib/present/flame.h"
#include "lib/present/flame_js.h"

const char scope_flame_style[] =
    ".flame{max-width:none;position:relative;break-inside:auto}"
    ".flame .graph{margin:.4rem 0;overflow:clip;color:var(--ink)}"
    ".flame .graph text{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,"
    "\"DejaVu Sans Mono\",monospace;fill:var(--ink);pointer-events:none;"
    "white-space:pre}"
    ".flame rect{width:100%;height:100%;stroke:var(--paper);stroke-width:.7;"
    "fill:var(--faint);fill-opacity:.22}"
    ".flame .rest rect{fill-opacity:.5}"
    ".flame .h1{--hue:var(--c1)}.flame .h2{--hue:var(--c2)}"
    ".flame .h3{--hue:var(--c3)}.flame .h4{--hue:var(--c4)}"
    ".flame .h5{--hue:var(--c5)}.flame .h6{--hue:var(--c6)}"
    ".flame [class^=h] rect{fill:var(--hue);fill-opacity:.55}"
    ".flame .h6 rect{fill-opacity:.35}"
    ".flame .pale rect{fill-opacity:.18;stroke:var(--hue)}"
    ".flame .key rect{stroke:var(--line)}"
    ".flame .same rect{fill:var(--paper);fill-opacity:1;stroke:var(--line)}"
    ".flame{--more:#d6331f;--less:#2b6fc4;--hit:#c8179b}"
    ".flame [class^=m] rect{fill:var(--more)}"
    ".flame [class^=l] rect{fill:var(--less)}"
    ".flame .m1 rect,.flame .l1 rect{fill-opacity:.15}"
    ".flame .m2 rect,.flame .l2 rect{fill-opacity:.32}"
    ".flame .m3 rect,.flame .l3 rect{fill-opacity:.52}"
    ".flame .m4 rect,.flame .l4 rect{fill-opacity:.75}"
    ".flame .graph>svg{cursor:pointer}"
    ".flame .graph>svg:focus{outline:none}"
    ".flame .graph>svg:hover rect,.flame .graph>svg:focus-visible rect"
    "{stroke:var(--ink);stroke-width:2}"
    ".flame .caller{opacity:.6}"
    ".flame .sought rect{fill-opacity:.1}"
    ".flame .sought .hit rect{fill:var(--hit);fill-opacity:.55}"
    ".flame .tools,.flame .key,.flame .hint,.flame .tip{font-size:.875rem}"
    ".flame .tools{margin:.4rem 0}.flame .tools>*{margin-right:.8em}"
    ".flame .hint{color:var(--faint);max-width:none;margin:.3rem 0}"
    ".flame input,.flame button{font:inherit}"
    ".flame .key{list-style:none;padding:0;margin:.4rem 0;display:flex;"
    "flex-wrap:wrap;gap:.2rem 1.2em}"
    ".flame .key svg{vertical-align:-2px;print-color-adjust:exact}"
    ".flame .tip{position:fixed;z-index:1;max-width:min(40rem,90vw);"
    "background:var(--paper);border:1px solid var(--ink);padding:.3rem .6rem;"
    "white-space:pre-wrap;overflow-wrap:anywhere;pointer-events:none;"
    "font-variant-numeric:tabular-nums}"
    "@media print{.flame .tools,.flame .tip{display:none}}";

static void add_base64(struct scope_text *out, const uint8_t *bytes,
                       size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < size; at += 3) {
        uint32_t group = (uint32_t)bytes[at] << 16;
        group |= at + 1 < size ? (uint32_t)bytes[at + 1] << 8 : 0;
        group |= at + 2 < size ? bytes[at + 2] : 0;
        for (size_t i = 0; i < 4; i++) {
            const char *letter = &letters[group >> (18 - 6 * i) & 63];
            scope_text_put(out, at + i > size ? "=" : letter, 1);
        }
    }
}

void scope_flame_policy(struct scope_text *out)
{
    uint8_t digest[SCOPE_SHA256_SIZE];
    scope_sha256(flame_js, sizeof flame_js - 1, digest);
    scope_text_add(out, " script-src 'sha256-");
    add_base64(out, digest, sizeof digest);
    scope_text_add(out, "';");
}

void scope_flame_script(struct scope_text *out)
{
    scope_text_add(out, "<script>");
    scope_text_put(out, flame_js, sizeof flame_js - 1);
    scope_text_add(out, "</script>\n");
}
