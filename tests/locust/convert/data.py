"""Data files, iterators, code in classes, and listeners that keep records."""

import csv
import itertools
import json
import os
from pathlib import Path

from locust import HttpUser, constant, events, task

HERE = os.path.dirname(os.path.abspath(__file__))

with open(os.path.join(HERE, "people.csv"), encoding="utf-8", newline="") as file:
    people = list(csv.DictReader(file))

rows = csv.reader(open(Path(__file__).parent / "people.csv"))
header = next(rows)
cities = itertools.cycle(["a", "b", "c"])
table = [line.split(";") for line in ["x;1", "y;2"]]
seen = {}


@events.request.add_listener
def record(name, response_length, **kwargs):
    seen.setdefault(name, []).append(response_length)


@events.quitting.add_listener
def report(environment, **kwargs):
    print(f"{len(seen)} names")


@events.init.add_listener
def prepare(environment, **kwargs):
    global table
    if environment.web_ui:

        @environment.web_ui.app.route("/page")
        def page():
            return "page"

    table = [",".join(row) for row in table]


def unused():
    return open("missing.txt", "w")


class Reader(HttpUser):
    wait_time = constant(0.01)
    steps = [{"size": 1}, {"size": 2}, {"size": 3}]
    total = 0

    for before, after in zip(steps[:-1], steps[1:]):
        after["size"] += before["size"]

    for step in steps:
        total += step["size"]

    assert total == 10

    @task
    def read(self):
        for person in people:
            self.client.post("/person", json=person)
        try:
            self.client.get("/row", params={"fields": "|".join(next(rows))})
        except StopIteration:
            self.client.get("/end", params={"header": "|".join(header)})
        self.client.get(f"/city/{next(cities)}/{next(iter(table))}")
        self.client.get(f"/sizes/{[step['size'] for step in self.steps]}/{self.total}")
        numbers = iter([1, 2, 3, 4])
        for number in numbers:
            if number == 2:
                break
        self.client.get(f"/rest/{list(numbers)}/{next(numbers, 'none')}")
        with open(os.path.join(HERE, "people.csv")) as lines:
            first = lines.readline().strip()
            self.client.put("/file", data=json.dumps([first, lines.read()]), headers={"Content-Type": "text/x"})
