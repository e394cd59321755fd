# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens pages in Chromium, as a person would, and uses them.

    browser.py CHECK PAGE     fails with what it saw instead of what must be

It speaks the WebDriver protocol (W3C) with chromedriver, which it starts.
"""
import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ESCAPE, ENTER, TAB, BACKSPACE = "\ue00c", "\ue007", "\ue004", "\ue003"
LEFT, UP, RIGHT, DOWN = "\ue012", "\ue013", "\ue014", "\ue015"


class Browser:
    """A session; `scripts` False: pages may run none."""

    def __init__(self, port, folder, scripts=True):
        self.port = port
        options = {
            "args": ["--headless", "--no-sandbox", "--disable-gpu",
                     "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-sync",
                     "--disable-component-update", "--disable-dev-shm-usage",
                     "--user-data-dir=" + folder, "--window-size=1200,900"],
        }
        if not scripts:
            options["prefs"] = {
                "profile.managed_default_content_settings.javascript": 2}
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.session = "/session/" + answer["sessionId"]

    def ask(self, method, path, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        link.request(method, path,
                     None if body is None else json.dumps(body),
                     {"Content-Type": "application/json"})
        answer = json.loads(link.getresponse().read())["value"]
        link.close()
        assert not (isinstance(answer, dict) and answer.get("error")), answer
        return answer

    def say(self, path, body):
        return self.ask("POST", self.session + path, body)

    def open(self, page):
        self.say("/url", {"url": "file://" + os.path.abspath(page)})

    def run(self, script, *args):
        return self.say("/execute/sync", {"script": script, "args": list(args)})

    def frame(self, name, graph=0):
        """The element of the first frame that is called so."""
        found = self.run(
            "const svg = document.querySelectorAll('svg.graph')[arguments[1]];"
            "return Array.from(svg.children).find(frame => "
            "  (frame.getAttribute('aria-label') || "
            "   frame.querySelector('title').textContent)"
            "  .split('\\n')[0] === arguments[0]) || null", name, graph)
        assert found, "there is no frame called " + name
        return found

    def shown(self, graph=0):
        """The frames that are seen, by name: left edge and width in %."""
        return {name: (round(left, 2), round(width, 2))
                for name, left, width in self.run(
                    "const svg = document.querySelectorAll('svg.graph')"
                    "  [arguments[0]];"
                    "return Array.from(svg.children)"
                    "  .filter(frame => frame.style.display !== 'none')"
                    "  .map(frame => [frame.getAttribute('aria-label')"
                    "    .split('\\n')[0], parseFloat(frame.getAttribute('x')),"
                    "    parseFloat(frame.getAttribute('width'))])", graph)}

    def move(self, element):
        self.say("/actions", {"actions": [{
            "type": "pointer", "id": "mouse", "actions": [
                {"type": "pointerMove", "duration": 0, "origin": element,
                 "x": 0, "y": 0}]}]})

    def click(self, element):
        self.say("/element/%s/click" % element[ELEMENT], {})

    def press(self, *keys):
        self.say("/actions", {"actions": [{
            "type": "key", "id": "keys", "actions": [
                {"type": kind, "value": key}
                for key in keys for kind in ("keyDown", "keyUp")]}]})

    def find(self, selector):
        return self.say("/element",
                        {"using": "css selector", "value": selector})

    def type(self, selector, text):
        element = self.find(selector)
        self.run("arguments[0].select()", element)
        self.say("/element/%s/value" % element[ELEMENT],
                 {"text": text or BACKSPACE})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])"
                        ".textContent", selector)

    def seen(self, selector):
        return self.run("return getComputedStyle(document.querySelector("
                        "arguments[0])).display !== 'none'", selector)

    def focused(self):
        return self.run("return (document.activeElement.getAttribute("
                        "'aria-label') || '').split('\\n')[0]")

    def command(self, name, **parameters):
        return self.say("/goog/cdp/execute",
                        {"cmd": name, "params": parameters})

    def log(self, kind):
        return self.say("/se/log", {"type": kind})

    def must_be_quiet(self):
        """No message on the console, nothing asked of the network."""
        said = [entry["message"] for entry in self.log("browser")]
        assert not said, said
        for entry in self.log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                if not event["params"]["documentURL"].startswith("file:"):
                    continue  # the browser's own first page
                url = event["params"]["request"]["url"]
                assert url.startswith(("file:", "data:")), url


def same(got, wanted):
    assert got == wanted, "%r instead of %r" % (got, wanted)


def soon(get, wanted):
    """What follows from a change of size comes with the next frame."""
    for _ in range(100):
        got = get()
        if got == wanted:
            return
        time.sleep(0.05)
    same(got, wanted)


# --- checks: pages of the stores that write_store makes ----------------------

WHOLE = {
    "all": (0, 100), "sidecar": (0, 100), "main": (0, 100),
    "cold": (0, 4.29), "run_poll_loop": (4.29, 95.71),
    "_do_poll": (4.29, 28.57), "do_syscall_64": (4.29, 28.57),
    "ep_poll": (4.29, 28.57), "process_stream": (32.86, 67.14),
    "http_analyze": (32.86, 57.14),
}


def zoom(browser):
    same(browser.shown(), WHOLE)
    browser.move(browser.frame("http_analyze"))
    tip = browser.text(".tip")
    assert browser.seen(".tip")
    for part in ("http_analyze\n/usr/sbin/haproxy", "haproxy",
                 "total 1.60\u00a0s, 57.14\u00a0%", "400\u00a0µs a request",
                 "160 samples", "self 1.60\u00a0s, 57.14\u00a0%"):
        assert part in tip.replace(" s,", "\u00a0s,").replace(
            " µs", "\u00a0µs"), (part, tip)
    browser.click(browser.frame("process_stream"))
    same(browser.shown(), {
        "all": (0, 100), "sidecar": (0, 100), "main": (0, 100),
        "run_poll_loop": (0, 100), "process_stream": (0, 100),
        "http_analyze": (0, 85.11)})
    # Out again, on a caller.
    browser.click(browser.frame("run_poll_loop"))
    same(browser.shown()["_do_poll"], (0, 29.85))
    assert "cold" not in browser.shown()
    browser.press(ESCAPE)
    same(browser.shown(), WHOLE)
    browser.click(browser.frame("cold"))
    browser.click(browser.find(".tools button"))
    same(browser.shown(), WHOLE)


def search(browser):
    box, answer = ".tools input[type=search]", ".tools output"
    # Both below run_poll_loop count once, within it.
    browser.type(box, "POLL")
    same(browser.text(answer), "3 frames match: 95.71\u00a0% of all")
    same(browser.run("return document.querySelectorAll('.hit').length"), 3)
    browser.type(box, "^http_|^cold$")
    same(browser.text(answer), "no frame matches")
    browser.click(browser.find(".tools input[type=checkbox]"))
    same(browser.text(answer), "2 frames match: 61.43\u00a0% of all")
    browser.click(browser.frame("process_stream"))
    same(browser.text(answer), "2 frames match: 61.43\u00a0% of all, "
                               "85.11\u00a0% of what is zoomed")
    browser.type(box, "run_")
    same(browser.text(answer), "1 frame matches: 95.71\u00a0% of all, "
                               "100.00\u00a0% of what is zoomed")
    browser.type(box, "(")
    same(browser.text(answer), "not a regular expression")
    same(browser.run("return document.querySelectorAll('.hit').length"), 0)
    browser.type(box, "")
    same(browser.text(answer), "")


def keys(browser):
    browser.run("document.querySelector('.tools button').disabled = false;"
                "document.querySelector('.tools button').focus()")
    browser.press(TAB)
    same(browser.focused(), "all")
    browser.press(UP, UP, UP)
    same(browser.focused(), "run_poll_loop")
    assert browser.text(".tip").startswith("run_poll_loop\n")
    browser.press(LEFT)
    same(browser.focused(), "cold")
    browser.press(RIGHT, UP, LEFT)
    same(browser.focused(), "_do_poll")
    browser.press(ENTER)
    same(browser.shown()["ep_poll"], (0, 100))
    assert "cold" not in browser.shown()
    browser.press(DOWN)
    same(browser.focused(), "run_poll_loop")
    browser.press(ESCAPE)
    same(browser.shown(), WHOLE)
    assert not browser.seen(".tip")
    # The page's search by the browser and quick find stay what they are.
    taken = browser.run(
        "const frame = document.querySelector('svg.graph > svg');"
        "return [{key: '/'}, {key: 'f', ctrlKey: true}].map(init => "
        "  !frame.dispatchEvent(new KeyboardEvent('keydown', Object.assign("
        "    {bubbles: true, cancelable: true}, init))))")
    same(taken, [False, False])


def label(browser, name):
    return browser.run("return arguments[0].querySelector('text').textContent",
                       browser.frame(name))


def sizes(browser):
    same(label(browser, "process_stream"), "process_stream")
    browser.command("Emulation.setDeviceMetricsOverride", width=360, height=640,
                    deviceScaleFactor=1, mobile=False)
    soon(lambda: "…" in label(browser, "do_syscall_64"), True)
    assert re.match("do_sy?s?c?….*64$", label(browser, "do_syscall_64"))
    same(browser.run("return document.querySelector('figure.flame').scrollWidth"
                     " <= innerWidth"), True)
    browser.command("Emulation.setDeviceMetricsOverride", width=2400,
                    height=900, deviceScaleFactor=1, mobile=False)
    soon(lambda: label(browser, "do_syscall_64"), "do_syscall_64")
    # On paper there is nothing to click at, and the graph as a whole.
    browser.command("Emulation.setEmulatedMedia", media="print")
    assert not browser.seen(".tools") and browser.seen("svg.graph")
    browser.command("Emulation.setEmulatedMedia", media="screen")
    # Text can be read on every colour, in both schemes.
    for scheme in ("light", "dark"):
        browser.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}])
        worst = browser.run("""
            const part = text => text.match(/[\\d.]+/g).map(Number);
            const lum = c => c.slice(0, 3).map(v => v / 255).map(v =>
                v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
            const paper = part(getComputedStyle(document.body)
                .backgroundColor);
            return Math.min(...Array.from(document.querySelectorAll(
                'svg.graph > svg'), frame => {
                const box = getComputedStyle(frame.querySelector('rect'));
                const ink = part(getComputedStyle(
                    frame.querySelector('text')).fill);
                const a = Number(box.fillOpacity);
                const back = part(box.fill).slice(0, 3)
                    .map((v, i) => a * v + (1 - a) * paper[i]);
                const l = [lum(ink), lum(back)].sort((x, y) => y - x);
                return (l[0] + 0.05) / (l[1] + 0.05);
            }))""")
        assert worst >= 4.5, (scheme, worst)


def both(browser):
    """A differential graph: the third of the page."""
    graphs = browser.run("return document.querySelectorAll('svg.graph').length")
    same(graphs, 3)
    classes = {name: browser.run("return arguments[0].getAttribute('class')",
                                 browser.frame(name, 2))
               for name in browser.shown(2)}
    same(classes["http_analyze"], "m4")
    same(classes["ep_poll"], "same")
    same(classes["fresh"], "m4")
    assert "cold" not in classes
    says = browser.run("return arguments[0].getAttribute('aria-label')",
                       browser.frame("http_analyze", 2))
    assert "more by 300" in says and "+75.0" in says, says
    assert "1 frame of" in browser.run(
        "return document.querySelectorAll('figure.flame')[2].textContent")


def hostile(browser):
    name = browser.run(
        "return Array.from(document.querySelectorAll('svg.graph > svg text'))"
        ".map(text => text.textContent).find(text => text.includes('cmd()'))")
    assert "<script>alert(1)</script>" in name, name
    same(browser.run("return [document.querySelectorAll('script').length,"
                     "document.querySelectorAll('img, iframe').length]"),
         [1, 0])
    browser.type(".tools input[type=search]", "<img src=x onerror=alert(2)>")
    assert browser.text(".tools output").startswith("2 frames match: 100.00")
    browser.press(ESCAPE)
    # What may not run does not, however it came in.
    browser.must_be_quiet()
    browser.run("const bad = document.createElement('script');"
                "bad.textContent = 'window.bad = 1'; document.body.append(bad);"
                "document.body.insertAdjacentHTML('beforeend',"
                "'<svg onload=\"window.bad = 2\"></svg>')")
    same(browser.run("return window.bad === undefined"), True)
    refused = browser.log("browser")
    assert refused and all("Content Security Policy" in entry["message"]
                           for entry in refused), refused


def plain(browser):
    """Without scripts it can be read: names, and what is said of them."""
    assert not browser.seen(".tools") and not browser.seen(".tip")
    same(browser.run("return document.querySelectorAll("
                     "'svg.graph > svg > title').length"), len(WHOLE))
    assert "haproxy 71.43" in browser.text("ul.key")
    browser.frame("http_analyze")


def start_driver(log):
    """chromedriver and its port. It takes a port of its own choice, of both
    IPv4 and IPv6, which somebody may take first: then it ends."""
    for _ in range(5):
        log.truncate(0)
        process = subprocess.Popen(["chromedriver", "--port=0"], stdout=log,
                                   stderr=subprocess.STDOUT, close_fds=True)
        end = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < end:
            log.seek(0)
            words = log.read().split("started successfully on port ")
            if len(words) > 1 and "." in words[1]:
                return process, int(words[1].split(".")[0])
            time.sleep(0.05)
        process.kill()
        process.wait()
    log.seek(0)
    raise SystemExit("chromedriver does not start: " + log.read())


@contextlib.contextmanager
def driver(folder):
    """chromedriver's port; it ends with this, and its browser with it."""
    with open(os.path.join(folder, "driver.log"), "a+",
              encoding="utf-8") as log:
        process, port = start_driver(log)
        try:
            yield port
        finally:
            process.terminate()
            process.wait()


def main(check, page):
    folder = tempfile.mkdtemp(prefix="scope-browser-")
    try:
        with driver(folder) as port:
            browser = Browser(port, folder, scripts=check != "plain")
            try:
                browser.open(page)
                globals()[check](browser)
                if check != "hostile":
                    browser.must_be_quiet()
            finally:
                browser.ask("DELETE", browser.session)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
