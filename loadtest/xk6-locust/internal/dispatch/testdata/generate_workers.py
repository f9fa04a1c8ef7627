"""Writes workers.json.golden next to this file, with Locust's own dispatcher and several workers.

    python3 -m venv venv && venv/bin/pip install locust==2.47.0 && venv/bin/python generate_workers.py

Each case is a list of events. The event of a step contains the users of each class on each worker.
"""

import json
import os
import random
from types import SimpleNamespace

import locust
from locust import User, dispatch
from locust.runners import WorkerNode

assert locust.__version__ == "2.47.0", locust.__version__

rng = random.Random(2470)
dispatch.time = SimpleNamespace(perf_counter=lambda: 0.0)
dispatch.gevent = SimpleNamespace(sleep=lambda seconds: None)


def case(name, classes, workers, *events):
    """Classes are (name, weight, fixed count). Events are ("ramp", users, rate), ("step",), ("add", id), and ("remove", id)."""
    user_classes = [type(n, (User,), {"weight": w, "fixed_count": f}) for n, w, f in classes]
    nodes = {id: WorkerNode(id=id) for id in workers}
    dispatcher = dispatch.UsersDispatcher(list(nodes.values()), user_classes)
    recorded = []
    for kind, *arguments in events:
        if kind == "ramp":
            dispatcher.new_dispatch(*arguments)
        elif kind == "add":
            nodes[arguments[0]] = WorkerNode(id=arguments[0])
            dispatcher.add_worker(nodes[arguments[0]])
        elif kind == "remove":
            dispatcher.remove_worker(nodes.pop(arguments[0]))
        else:
            try:
                arguments = [next(dispatcher)]
            except StopIteration:
                continue
        recorded.append([kind, *arguments])
    return {"name": name, "classes": [{"Name": n, "Weight": w, "FixedCount": f} for n, w, f in classes], "workers": workers, "events": recorded}


two = [("Reader", 3, 0), ("Writer", 1, 0)]
mixed = [("Zoe", 1, 0), ("Admin", 1, 2), ("Bob", 2.5, 0), ("Probe", 5, 3)]
three = ["a_1", "a_2", "b_1"]
steps = [("step",)] * 12


def random_case(number):
    workers = [f"{rng.choice('abc')}_{i}" for i in range(rng.randint(1, 6))]
    classes = rng.choice([two, mixed, [("One", 1, 0)]])
    events = []
    left = list(workers)
    # After a ramp down, Locust may choose other classes for a new worker, so the number of users only grows here.
    for users in sorted(rng.sample(range(1, 60), 3)):
        events += [("ramp", users, rng.choice([1, 3, 10, 100])), *steps[: rng.randint(1, 12)]]
        if rng.random() < 0.5:
            left.append(f"{rng.choice('abc')}_new{len(events)}")
            events += [("add", left[-1]), ("ramp", users, 10), ("step",)]
        elif len(left) > 1:
            events += [("remove", left.pop(rng.randrange(len(left)))), ("ramp", users, 10), ("step",)]
    return case(f"random {number}", classes, workers, *events)


cases = [
    case("one worker", two, ["a_1"], ("ramp", 6, 2), *steps),
    case("hosts take turns", two, three, ("ramp", 8, 1), *steps),
    case("fewer users than workers", two, three, ("ramp", 2, 2), *steps),
    case("up, down, and up again", mixed, three, ("ramp", 17, 4), *steps, ("ramp", 5, 4), *steps, ("ramp", 20, 4), *steps),
    case("a worker is lost", mixed, three, ("ramp", 12, 4), *steps, ("remove", "a_1"), ("ramp", 12, 4), ("step",), ("ramp", 16, 2), *steps),
    case("a worker joins", two, three, ("ramp", 12, 4), *steps, ("add", "c_1"), ("ramp", 12, 4), ("step",), ("ramp", 20, 3), *steps),
    *(random_case(number) for number in range(40)),
]

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "workers.json.golden"), "w", encoding="utf-8") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
