# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads reports back as other programs would.

    report.py csv FILE TABLE KEY=VALUE... COLUMN   prints the cell of that row
    report.py html FILE                            fails if markup was let in
    report.py svg FILE...                          fails if not drawn well
    report.py png FILE...                          the same
    report.py inert FILE                           fails on bytes that act
"""
import base64
import csv
import hashlib
import html.parser
import io
import struct
import sys
import xml.dom.minidom


def tables(path):
    """The rows of every table, as dictionaries, by the table's name."""
    found = {}
    with open(path, encoding="utf-8", newline="") as file:
        blocks = file.read().split("\n\n")
    for block in blocks:
        for row in csv.DictReader(io.StringIO(block)):
            assert None not in row and None not in row.values(), row
            found.setdefault(row["table"], []).append(row)
    return found


def cell(path, table, *rest):
    wanted = [pair.split("=", 1) for pair in rest[:-1]]
    rows = [row for row in tables(path)[table]
            if all(row[key] == value for key, value in wanted)]
    assert len(rows) == 1, rows
    print(rows[0][rest[-1]])


class Page(html.parser.HTMLParser):
    """What a browser would find in the page."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.policy, self.words = [], set(), "", ""
        self.pictures, self.scripts = 0, []

    void = {"meta", "br", "img", "hr", "link", "input"}

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        values = dict(attrs)
        assert tag not in {"img", "iframe", "object", "link", "form",
                           "base"}, tag
        assert tag != "script" or not names, names
        assert not any(name.startswith("on") for name in names), names
        for name in ("href", "src", "xlink:href"):
            assert values.get(name, "#").startswith("#"), values
        if "id" in values:
            assert values["id"] not in self.ids, values["id"]
            self.ids.add(values["id"])
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        self.pictures += tag == "svg"
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.void:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        else:
            self.words += data


def page(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert text.startswith("<!DOCTYPE html>")
    assert "url(http" not in text and "@import" not in text
    reader = Page()
    reader.feed(text)
    reader.close()
    assert not reader.open, reader.open
    assert reader.policy.startswith("default-src 'none';"), reader.policy
    # One script at most, and the policy lets this one run alone.
    allowed = ""
    if reader.scripts:
        script, = reader.scripts
        digest = hashlib.sha256(script.encode()).digest()
        allowed = "sha256-" + base64.b64encode(digest).decode()
        assert "script-src '%s';" % allowed in reader.policy, reader.policy
    assert reader.policy.count("script") == bool(allowed), reader.policy
    assert reader.policy.count("'unsafe-inline'") == 1, reader.policy
    print(reader.pictures)


def svg(*paths):
    for path in paths:
        root = xml.dom.minidom.parse(path).documentElement
        assert root.tagName == "svg", path
        assert root.getElementsByTagName("path"), path
        assert not root.getElementsByTagName("script"), path


def png(*paths):
    for path in paths:
        with open(path, "rb") as file:
            head = file.read(24)
        assert head[:8] == b"\x89PNG\r\n\x1a\n", path
        width, height = struct.unpack(">II", head[16:24])
        assert width >= 800 and height >= 400, path


def inert(path):
    with open(path, "rb") as file:
        text = file.read().decode("utf-8")
    bad = [c for c in text
           if (ord(c) < 32 and c not in "\n\t") or 0x7f <= ord(c) < 0xa0
           or 0x202a <= ord(c) <= 0x202e]
    assert not bad, bad


{"csv": cell, "html": page, "svg": svg, "png": png,
 "inert": inert}[sys.argv[1]](*sys.argv[2:])
