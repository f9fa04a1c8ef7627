"""Writes ramps.json.golden next to this file, with Locust's own dispatcher.

    python3 -m venv venv && venv/bin/pip install locust==2.47.0 && venv/bin/python generate.py

The dispatcher has one worker node. The clock stands still, and sleeps are recorded. If the target changes in the middle
of a ramp, the sleep is interrupted, as in Locust's runners. The golden files do not end in .json, so that JSON
formatters ignore them.
"""

import json
import os
import random
from types import SimpleNamespace

import locust
from locust import User, dispatch
from locust.runners import WorkerNode

assert locust.__version__ == "2.47.0", locust.__version__

rng = random.Random(247)


class Interrupted(Exception):
    pass


class Ramp:
    """Runs one dispatch. A step is [users of each class, sorted by name; seconds of sleep after the step]."""

    def __init__(self, dispatcher, user_classes, users, rate, only=None, cut=0):
        self.steps, self.cut, self.interrupted = [], cut, False
        dispatch.time = SimpleNamespace(perf_counter=lambda: 0.0)
        dispatch.gevent = SimpleNamespace(sleep=self.sleep)
        names = sorted(user_classes)
        dispatcher.new_dispatch(users, rate, None if only is None else [user_classes[name] for name in only])
        try:
            for on_workers in dispatcher:
                self.steps.append([[on_workers["local"][name] for name in names], 0])
        except Interrupted:
            self.interrupted = True
        self.result = {"users": users, "rate": rate, "only": only, "cut": self.interrupted, "steps": self.steps}

    def sleep(self, seconds):
        self.steps[-1][1] = seconds
        if len(self.steps) == self.cut:
            raise Interrupted


def case(name, classes, *ramps):
    """Classes are (name, weight, fixed count). Ramps are (users, rate[, only[, steps before the interruption]])."""
    user_classes = {n: type(n, (User,), {"weight": w, "fixed_count": f}) for n, w, f in classes}
    dispatcher = dispatch.UsersDispatcher([WorkerNode(id="local")], list(user_classes.values()))
    results = [Ramp(dispatcher, user_classes, *ramp).result for ramp in ramps]
    return {"name": name, "classes": [{"Name": n, "Weight": w, "FixedCount": f} for n, w, f in classes], "ramps": results}


def random_case(number):
    names = [chr(ord("A") + i) for i in range(rng.randint(1, 5))]
    rng.shuffle(names)
    weights = [0, 0.25, 0.5, 1, 1, 2, 3, 7.3, 10, 100]
    classes = [(n, rng.choice(weights[i == 0 :]), rng.choice([0, 0, 0, 1, 4, 9])) for i, n in enumerate(names)]
    ramps = []
    for _ in range(rng.randint(2, 6)):
        only = rng.sample(names, rng.randint(1, len(names))) if rng.random() < 0.3 else None
        rate = rng.choice([0.3, 1, 1.5, 2.9, 3, 4.75, 8, 25])
        ramps.append((rng.randint(0, 30), rate, only, rng.choice([0, 0, 1, 2, 4])))
    return case(f"random {number}", classes, *ramps)


two = [("Reader", 3, 0), ("Writer", 1, 0)]
mixed = [("Zoe", 1, 0), ("Admin", 1, 2), ("Bob", 2.5, 0), ("Probe", 5, 3)]

cases = [
    case("one class", [("User", 1, 0)], (6, 2)),
    case("the last step is smaller", [("User", 1, 0)], (7, 3)),
    case("a rate above the users", two, (10, 100)),
    case("a rate below one", two, (4, 0.25), (1, 0.1)),
    case("a fraction above one", two, (9, 2.5), (2, 1.75)),
    case("just below a whole number", two, (9, 2.9999999)),
    case("a long wait", two, (2, 1e-6)),
    case("a rate above every integer", two, (50, 1e30)),
    case("no users", two, (0, 1), (3, 1), (0, 1), (0, 1)),
    case("the same target again", two, (4, 2), (4, 1), (4, 3)),
    case("up, down, up again", two, (12, 4), (5, 2), (14, 3), (0, 5), (8, 8)),
    case("changed in the middle of a ramp up", two, (20, 2, None, 3), (30, 5, None, 1), (8, 10)),
    case("reversed in the middle of a ramp up", two, (20, 3, None, 4), (2, 2)),
    case("reversed in the middle of a ramp down", two, (20, 20), (0, 3, None, 2), (25, 4)),
    case("changed to the current number of users", two, (20, 3, None, 2), (6, 1)),
    case("weights 5 and 1", [("A", 5, 0), ("B", 1, 0)], (24, 1)),
    case("equal weights, ordered by name", [("c", 1, 0), ("a", 1, 0), ("B", 1, 0), ("é", 1, 0)], (10, 1)),
    case("fractions of weights", [("A", 0.1, 0), ("B", 0.2, 0), ("C", 0.7, 0)], (30, 1)),
    case("tiny and huge weights", [("A", 1e-300, 0), ("B", 1e300, 0), ("C", 1, 0)], (12, 1)),
    case("weights so high that gains are rounded to one value", [("A", 1e9, 0), ("B", 1e9, 0)], (9, 1)),
    case("weight 0 gets no users", [("A", 0, 0), ("B", 1, 0), ("C", 0, 2)], (8, 1), (1, 3), (6, 2)),
    case("many users", [("A", 1, 0), ("B", 2, 0), ("C", 3, 0), ("D", 10.5, 0), ("E", 97, 0)], (50000, 997), (100, 9999)),
    case("fixed counts first", mixed, (16, 1)),
    case("fixed counts above the users", [("A", 1, 6), ("B", 1, 3), ("C", 1, 0)], (5, 2), (12, 2)),
    case("fixed counts come back after a ramp down", mixed, (16, 4), (1, 5), (20, 3)),
    case("a ramp down while fixed counts start", [("A", 1, 6), ("B", 1, 3), ("C", 1, 0)], (5, 2), (2, 1), (16, 2)),
    case("a ramp down that stops no users of fixed counts", mixed, (16, 4), (10, 2), (18, 3)),
    case("only fixed counts, too many users", [("A", 1, 2), ("B", 1, 4)], (9, 4), (9, 2), (3, 1), (7, 10)),
    case("only fixed counts, reached at a step's end", [("A", 1, 2), ("B", 1, 4)], (9, 3), (12, 1)),
    case("only fixed counts, exactly as many users", [("A", 1, 2), ("B", 1, 4)], (6, 3)),
    case("chosen classes", mixed, (6, 3, ["Bob"]), (12, 3, ["Zoe", "Bob"]), (3, 4), (12, 4)),
    case("chosen classes stay", two, (4, 2, ["Writer"]), (8, 2), (12, 2, ["Reader", "Writer"]), (16, 2)),
    case("the same choice continues its order", two, (5, 2), (10, 2, ["Writer", "Reader"]), (15, 2, ["Reader", "Writer"])),
    case("a choice in the middle of a ramp", mixed, (20, 2, None, 2), (20, 2, ["Zoe", "Probe"], 2), (10, 4)),
    case("a fixed count chosen late", mixed, (4, 4, ["Bob"]), (12, 4, ["Admin", "Zoe"]), (11, 1), (14, 4)),
    case("only a fixed count chosen late", mixed, (4, 4, ["Bob"]), (12, 4, ["Admin"]), (2, 4), (12, 4)),
    case("a choice that changes while fixed counts start", mixed, (3, 3), (9, 3, ["Admin", "Bob"]), (12, 3, ["Probe", "Bob"])),
    case("no chosen classes", two, (4, 2), (8, 2, []), (2, 2), (5, 1, ["Writer"])),
    case("a class chosen twice", two, (9, 2, ["Writer", "Reader", "Writer"])),
    case("a fixed count chosen twice", mixed, (12, 2, ["Admin", "Bob", "Admin"])),
    *(random_case(number) for number in range(80)),
]

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "ramps.json.golden"), "w", encoding="utf-8") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
