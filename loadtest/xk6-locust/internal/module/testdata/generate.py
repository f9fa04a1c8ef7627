"""Writes markov.json.golden next to this file, with Locust's own MarkovTaskSet.

    python3 -m venv venv && venv/bin/pip install locust==2.47.0 && venv/bin/python generate.py

Each case maps tasks to their transitions. `plain` lists methods without transitions. If Locust accepts the class, `walk` contains the
tasks that it runs with the given random numbers.
"""

import json
import logging
import math
import os
import random

import locust
from locust.user import markov_taskset
from locust.user.markov_taskset import MarkovTaskSet, transition, transitions

assert locust.__version__ == "2.47.0", locust.__version__

STEPS = 60
rng = random.Random(2470)

CHAINS = {
    "a circle": ({"a": "b", "b": "c", "c": "a"}, []),
    "one task": ({"a": "a"}, []),
    "weights": ({"a": {"b": 1, "c": 3}, "b": {"a": 2, "b": 5}, "c": {"a": 1, "b": 1, "c": 1}}, []),
    "a list": ({"a": ["b", ["c", 4]], "b": ["a"], "c": [["a", 2], "b"]}, []),
    "a weight of 0": ({"a": {"a": 0, "b": 1}, "b": [["b", 0], "a"]}, []),
    "a plain method beside the chain": ({"a": "b", "b": "a"}, ["c"]),
    "no transitions": ({}, ["a"]),
    "an unknown target": ({"a": "nowhere"}, []),
    "a target without transitions": ({"a": "b"}, ["b"]),
    "an unreachable task": ({"a": "b", "b": "a", "c": "c"}, []),
    "unreachable because of a weight": ({"a": {"a": 1, "b": 0}, "b": "a"}, []),
    "only weights of 0": ({"a": {"a": 0}}, []),
    "an empty list": ({"a": []}, []),
    "a weight that is no integer": ({"a": {"a": 1.5}}, []),
}


def decorate(method, following):
    if isinstance(following, str):
        return transition(following)(method)
    if isinstance(following, list):
        return transitions([tuple(item) if isinstance(item, list) else item for item in following])(method)
    return transitions(dict(following))(method)


def walk(names, plain, numbers):
    """Returns the result of Locust: the error or warning of its checks, and the tasks that it runs."""
    warnings = []
    logging.warning = warnings.append

    def method(name):
        def run(self):
            pass

        run.__name__ = name
        return run

    members = {name: decorate(method(name), following) for name, following in names.items()}
    members |= {name: method(name) for name in plain}
    try:
        chain = type(MarkovTaskSet)("Chain", (MarkovTaskSet,), members)
        left = iter(numbers)
        markov_taskset.random = type("", (), {"choice": staticmethod(lambda items: items[math.floor(next(left) * len(items))])})
        task_set = chain.__new__(chain)
        ran = []
        for _ in numbers:
            ran.append(task_set.get_next_task().__name__)
    except Exception as error:
        return {"error": type(error).__name__, "warning": "", "walk": []}
    return {"error": "", "warning": "; ".join(warnings), "walk": ran}


def main():
    cases = []
    for name, (chain, plain) in CHAINS.items():
        numbers = [round(rng.random(), 6) for _ in range(STEPS)]
        cases.append({"name": name, "transitions": chain, "plain": plain, "random": numbers, **walk(chain, plain, numbers)})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "markov.json.golden")
    with open(path, "w") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")


main()
