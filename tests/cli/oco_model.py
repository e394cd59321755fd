# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a running oco backend against a model of the servo protocol.

usage: oco_model.py ADDRESS:PORT APPS STEPS

The model is written from the protocol's table and knows nothing of the
backend. Every state is met with every event in every form, then APPS
applications get STEPS random events; each answer must be the model's, and so
must the statistics and the list. Prints what differs, and ends with status 1.
"""
import http.client
import json
import random
import sys

TABLE = {
    ("initial", "HELLO", False): ("hello-received", "DESCRIBE", 0),
    ("hello-received", "DESCRIPTION", False): ("start-measure", "MEASURE", 0),
    ("start-measure", "MEASUREMENT", True): ("in-measure", None, 0),
    ("in-measure", "MEASUREMENT", True): ("in-measure", None, 0),
    ("in-measure", "MEASUREMENT", False): ("start-adjust", "ADJUST", 1),
    ("start-adjust", "ADJUSTMENT", True): ("in-adjust", None, 0),
    ("in-adjust", "ADJUSTMENT", True): ("in-adjust", None, 0),
    ("in-adjust", "ADJUSTMENT", False): ("start-measure", "MEASURE", 0),
    ("terminated", "HELLO", False): ("hello-received", "DESCRIBE", 0),
}
for state in ("hello-received", "start-measure", "in-measure", "start-adjust",
              "in-adjust"):
    TABLE[state, "GOODBYE", False] = ("terminated", None, 0)

ADJUST = {"state": {"application": {"components": {
    "web": {"settings": {"cpu": {"value": 1}, "replicas": {"value": 3}}},
    "java": {"settings": {"mem": {"value": 2}, "GCTimeRatio": {"value": 99}}},
    "db": {"settings": {"cpu": {"value": 1}, "commit_delay": {"value": 0}}},
}}}}

EVENTS = ("HELLO", "WHATS_NEXT", "DESCRIPTION", "MEASUREMENT", "ADJUSTMENT",
          "GOODBYE", "NONSENSE")

# From nothing to each state.
WAYS = {"initial": [], "hello-received": [("HELLO", None)]}
WAYS["start-measure"] = WAYS["hello-received"] + [("DESCRIPTION", None)]
WAYS["in-measure"] = WAYS["start-measure"] + [("MEASUREMENT", 30)]
WAYS["start-adjust"] = WAYS["in-measure"] + [("MEASUREMENT", None)]
WAYS["in-adjust"] = WAYS["start-adjust"] + [("ADJUSTMENT", 30)]
WAYS["terminated"] = WAYS["in-adjust"] + [("GOODBYE", None)]


class App:
    def __init__(self, name):
        self.name = name
        self.state, self.next, self.progress = "initial", None, None
        self.cycles = 0

    def refuse(self, text):
        return 400, {"detail": f"Sequence error for {self.name}: {text}"}

    def feed(self, event, progress):
        if self.state == "initial" and event != "HELLO":
            return 400, {"detail": f"Received event {event} for unknown app "
                                   f"{self.name}"}
        if event == "WHATS_NEXT":
            if self.next is None:
                return self.refuse(f"Unexpected WHATS_NEXT in {self.state}")
            command, self.next = self.next, None
            return 200, {"cmd": command,
                         "param": ADJUST if command == "ADJUST" else {}}
        step = TABLE.get((self.state, event, progress is not None))
        if step is None:
            shown = "" if progress is None else f"({progress}%)"
            return self.refuse(f"Unexpected event {event}{shown} in state "
                               f"{self.state}")
        if (progress is not None and self.progress is not None
                and progress < self.progress):
            return self.refuse(f"Progress going backwards: "
                               f"old={self.progress}, new={progress}")
        self.state, self.next, cycle = step
        self.progress = progress
        self.cycles += cycle
        return 200, {"status": "ok", "message": None}


class Server:
    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address, timeout=20)
        self.differences = 0

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def check(self, what, got, wanted):
        if got != wanted:
            self.differences += 1
            print(f"{what}: {got} instead of {wanted}")

    def feed(self, app, event, progress, note=""):
        said = {"event": event}
        if progress is not None:
            said["param"] = {"progress": progress}
        before = app.state
        got = self.ask("POST", f"/accounts/a/applications/{app.name}/servo",
                       json.dumps(said))
        self.check(f"{app.name}{note} {before} {said}", got,
                   app.feed(event, progress))


def meet_everything(server, names):
    """Each state, event and form, with an application of its own."""
    for state, way in WAYS.items():
        for event in EVENTS:
            for progress in (None, 0, 30, 100):
                app = App(next(names))
                for step in way:
                    server.feed(app, *step)
                server.check("the way", app.state, state)
                server.feed(app, event, progress)
                # What it left behind shows in what comes next.
                server.feed(app, "WHATS_NEXT", None)
                server.feed(app, "WHATS_NEXT", None)
                server.feed(app, "MEASUREMENT", 10)
                yield app


def wander(server, apps, steps):
    seeded = random.Random(1)
    likely = {"initial": "HELLO", "hello-received": "DESCRIPTION",
              "start-measure": "MEASUREMENT", "in-measure": "MEASUREMENT",
              "start-adjust": "ADJUSTMENT", "in-adjust": "ADJUSTMENT",
              "terminated": "HELLO"}
    for _ in range(steps):
        app = seeded.choice(apps)
        event = seeded.choice((likely[app.state],) * 12 + EVENTS)
        progress = seeded.choice((None, seeded.randrange(0, 120)))
        server.feed(app, event, progress)


def main():
    address, count, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    server = Server(address)
    names = (f"app{i:05}" for i in range(1000000))
    apps = list(meet_everything(server, names))
    apps += [App(next(names)) for _ in range(count)]
    wander(server, apps[-count:], steps)
    cycles = [app.cycles for app in apps if app.state != "initial"]
    server.check("statistics", server.ask("GET", "/"), (200, {
        "n": len(cycles), "average": sum(cycles) / len(cycles),
        "min": min(cycles), "max": max(cycles)}))
    status, listed = server.ask("GET", "/accounts/a/application-overrides")
    item = {"mode": None, "mode_limit": None, "state": "active"}
    server.check("list", (status, listed),
                 (200, {app.name: item for app in apps}))
    print(f"{len(apps)} applications, {max(cycles)} cycles at most, "
          f"{server.differences} differences")
    sys.exit(server.differences > 0)


main()
