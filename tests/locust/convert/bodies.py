"""Class bodies with blocks, computed weights, iterators, defaults, and tasks that subclasses override."""

import csv
import os
from collections.abc import Iterator

import locust
from locust import HttpUser, SequentialTaskSet, events, task

PREFIX = os.getenv("NO_SUCH_VARIABLE", "/shop/").rstrip("/") or "/app"
WEIGHTS = {"read": 2, "write": 1}
for name in WEIGHTS:
    WEIGHTS[name] = int(os.getenv("WEIGHT_" + name.upper(), str(WEIGHTS[name])))


class Reader(Iterator):
    """Reads the rows of a file endlessly."""

    def __init__(self, file):
        try:
            file = open(file)
        except TypeError:
            pass
        self.file = file
        self.rows = csv.reader(file)

    def __next__(self):
        try:
            return next(self.rows)
        except StopIteration:
            self.file.seek(0, 0)
            return next(self.rows)


people = Reader(os.path.join(os.path.dirname(__file__), "people.csv"))


def send(client, method, path, data={}, headers={}):
    with getattr(client, method)(path, data=data, headers={"X-Extra": "1", **headers}, catch_response=True) as response:
        if "missing" in path:
            response.failure("missing")
            raise locust.exception.RescheduleTask
        return response


@events.test_start.add_listener
def report(environment, **_):
    runner = environment.runner
    print(f"{type(runner).__name__} starts {runner.target_user_count} users")


class Steps(SequentialTaskSet):
    sizes = [1, 2, 3]
    largest = max(sizes)
    first, *others = sizes
    total = 0
    for size in sizes:
        total += size
    label = f"{total}-{largest}"
    with open(os.path.join(os.path.dirname(__file__), "people.csv")) as opened:
        header = opened.readline().strip()

    def on_start(self):
        self.option = getattr(self.user.environment.parsed_options, "no_such_option", "default")

    def base():
        return f"{PREFIX}/base"

    @task(WEIGHTS["read"])
    def read(self):
        self.client.get(f"{PREFIX}/replaced")

    @task(WEIGHTS["write"])
    def write(self):
        row = next(people)
        send(self.client, "post", f"{PREFIX}/write", {"row": "|".join(row)})
        send(self.client, "put", Steps.base(), headers={"X-Token": self.option})

    @task(WEIGHTS["read"])
    def read(self, label=label):
        self.client.get(f"{PREFIX}/{label}/{self.first}/{self.others}/{self.header}", name="read")
        with self.client.get(f"{PREFIX}/stream", stream=True, catch_response=True) as response:
            line = next(response.iter_lines())
        self.client.get(f"{PREFIX}/line", params={"line": line.decode()})

    @task(WEIGHTS["write"] * 1)
    def fail(self):
        send(self.client, "get", "/missing")
        self.client.get("/not-reached")


class Base(SequentialTaskSet):
    @task
    def inherited(self, path="/inherited"):
        self.client.get(path)

    @task
    def other(self):
        self.client.get("/other")


class Overriding(Base):
    def inherited(self):
        self.client.get("/override")

    def other(self):
        self.client.get("/override")
        self.interrupt()

    @task
    def leave(self):
        self.interrupt()


class Everything(SequentialTaskSet):
    tasks = [Overriding, Steps]


class Shopper(HttpUser):
    wait_time = lambda self: 0.01  # noqa: E731
    tasks = [Everything]
