"""Generators, queues, containers, and other idioms."""

import csv
import itertools
import json
import os
import queue
import random
import threading
from collections import OrderedDict, defaultdict, deque
from functools import lru_cache

from locust import FastHttpUser, constant, task

people = queue.Queue()
with open(os.path.join(os.path.dirname(__file__), "people.csv"), newline="") as file:
    for row in csv.DictReader(file):
        people.put(row)
waiting = queue.Queue()
lock = threading.Lock()
numbers = itertools.count(1)
words = deque(["x", "y", "z"])


@lru_cache(maxsize=None)
def signature(name):
    return name[::-1].upper()


def joined(first, second="-", *rest):
    return f"{first}{second}{len(rest)}"


def pages(total, size=2):
    start = 0
    while start < total:
        yield {"start": start, "size": min(size, total - start)}
        start += size


def endless():
    number = 0
    while True:
        number += 1
        yield number


def flatten(lists):
    for inner in lists:
        yield from inner


def route(kind, value=None):
    match kind:
        case "item" | "product":
            return f"/items/{value}"
        case 404 | -1:
            return "/missing"
        case None:
            return "/none"
        case _ if value:
            return f"/other/{value}"
        case _:
            return "/unknown"


steps = endless()


class IdiomsUser(FastHttpUser):
    wait_time = constant(0)

    def on_start(self):
        self.flow = self.names()

    def names(self):
        for name in ["one", "two"]:
            yield name

    def call(self, path, **kwargs):
        return self.client.post(path, **kwargs)

    def pair(self, a, b):
        return f"{a}/{b}"

    @task
    def go(self):
        person = people.get()
        people.put(person)
        try:
            waiting.get(block=False)
        except queue.Empty:
            self.client.get("/empty")
        self.client.get(f"/people/{people.qsize()}/{people.empty()}/{sorted(person)[0]}")
        with lock:
            first = words.popleft()
            words.append(first)
        self.client.get(f"/{first}/{len(words)}/{next(numbers)}/{next(steps)}/{next(self.flow, 'done')}")
        for page in pages(5):
            self.client.get(f"/pages/{page['start']}/{page['size']}")
        items = [{"n": n} for n in range(6) if n % 2 == 0]
        self.client.get(f"/sum/{sum(item['n'] for item in items)}/{''.join(flatten([['a'], ['b', 'c']]))}/{signature('abc')}")
        i, item = 10, "k"
        self.client.get(f"/{[n for n, _ in enumerate('ab', start=i)]}/{list(map(lambda x: x + item, ['a']))}".replace(" ", ""))
        counts, groups = defaultdict(int), defaultdict(list)
        for letter in "banana":
            counts[letter] += 1
            groups[letter].append(len(groups))
        self.client.get("/counts/" + ",".join(f"{k}={v}" for k, v in sorted(counts.items())))
        self.call("/groups", json=groups)
        self.call("/text", data=json.dumps(OrderedDict(b=1, a=["ü"]), sort_keys=True, separators=(",", ":")))
        for path in [route("item", 3), route("product", 4), route(404), route(-1), route(None), route("x", "y"), route("x")]:
            self.client.get(path)
        self.client.get(f"/{'abcde'[::-2]}/{[1, 2, 3, 4, 5][-1:1:-2]}/{sorted({1, 2, 3} & {2, 3, 4})}".replace(" ", ""))
        self.client.get("/" + "".join(f"{a}{b}" for a, b in itertools.product([1, 2], "xy")) + random.choices(["a", "b"], weights=[0, 1])[0])
        self.client.get(f"/{joined(*[1, 2])}/{joined(0, *'ab')}/{joined(*['x'])}/{self.pair(*(3, 4))}")
