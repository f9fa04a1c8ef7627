"""Python semantics that differ from JavaScript. The requests show the results."""

import json
import os
import random
import re
import time
from urllib.parse import quote

from locust import FastHttpUser, constant, events, tag, task
from locust.exception import StopUser

LIMIT = 3
WORDS = ["Zebra", "apple", "Mango"]
PRICES = {"b": 1.5, "a": 2, "empty": []}


class OutOfStock(Exception):
    pass


def label(price, count=2, unit="EUR"):
    """Formats a price."""
    return f"{price:.2f} {unit} x{count:>3}"


def first(items):
    try:
        return items[0]
    except IndexError:
        return None


@events.test_start.add_listener
def announce(environment, **kwargs):
    print("starting")


class Base(FastHttpUser):
    abstract = True
    wait_time = constant(0.01)
    visited = []
    default_headers = {"X-Number": "7"}

    def record(self, name, value):
        self.client.get(f"/{name}?value=" + quote(str(value)))

    def on_start(self):
        self.token = None
        self.counter = 0


class Shapes(Base):
    def on_start(self):
        super().on_start()

    @task
    def arithmetic(self):
        self.record("floor", -7 // 2)
        self.record("modulo", -7 % 3)
        self.record("divide", str(10 / 5))
        self.record("power", 2**10)
        self.record("round", [round(0.5), round(1.5), round(2.5)])
        self.record("integer", int("12") + int(3.9))
        self.record("sum", sum([1, 2, 3]) * LIMIT)

    @task
    def truth(self):
        empty = []
        self.record("empty", "yes" if empty else "no")
        self.record("dict", "yes" if {} else "no")
        self.record("or", empty or "default")
        self.record("and", WORDS and WORDS[-1])
        self.record("not", not PRICES["empty"])
        self.record("equal", [1, 2] == [1, 2] and (1, "a") != (1, "b"))
        self.record("none", None)
        self.record("in", "a" in PRICES and "z" not in PRICES)
        self.record("chain", 1 < len(WORDS) <= 3)

    @task
    def text(self):
        self.record("percent", "%s is %05.1f and %d %%" % ("x", 2.25, 7.9))
        self.record("format", "{} {name!r} {:>4}".format(5, 6, name="n"))
        self.record("label", label(1.5, unit="USD"))
        self.record("slice", WORDS[0][1:-1] + WORDS[-2].upper())
        self.record("split", " a  b ".split() + "a,b,,c".split(",", 1))
        self.record("join", "-".join(sorted(WORDS, key=lambda word: word.lower())))
        self.record("strip", "xxaxx".strip("x") + "b ".rstrip())
        self.record("quote", quote("a b/ü&", safe=""))
        self.record("repr", ["it's", True, None, 0.25])

    @task
    def collections(self):
        squares = [n * n for n in range(6) if n % 2]
        self.record("squares", squares)
        self.record("pairs", {word: len(word) for word in WORDS})
        for index, (word, square) in enumerate(zip(WORDS, squares)):
            self.record("zip", f"{index}{word}{square}")
        a, b = squares[:2]
        squares += [a, b]
        squares.insert(0, squares.pop())
        self.record("list", squares)
        self.record("first", first([]) is None)
        options = dict(x=1, **{"y": 2})
        options.update({"z": options.get("q", 5)})
        del options["x"]
        self.record("dict", options)
        self.record("items", [f"{key}={value}" for key, value in options.items()])
        self.record("any", any(n > 8 for n in squares) and not all([0, 1]))

    @tag("write")
    @task(2)
    def bodies(self):
        self.client.post("/form", {"name": "kim", "flag": True, "skip": None, "many": [1, 2]})
        self.client.post("/json", json={"list": [1, {"a": None}], "ok": True})
        self.client.put("/text", data=json.dumps({"a": [1, "ü"], "b": None}), headers={"Content-Type": "text/x"})
        self.client.patch("/basic", auth=("kim", "secret"), headers={"X-Extra": "1"})
        self.client.request("DELETE", "/delete", name="deleted")

    @task
    def responses(self):
        with self.client.get("/answer", catch_response=True) as response:
            answer = response.json()
            if response.status_code != 200 or not answer.get("hits"):
                response.failure(f"unexpected {response.text}")
                return
            response.success()
        self.record("hits", answer["hits"])
        if match := re.search(r'"token":\s*"(?P<token>\w+)"', response.text):
            self.token = match.group("token")
        self.record("token", self.token)
        for attempt in range(LIMIT):
            with self.client.get(f"/attempt/{attempt}", name="/attempt", catch_response=True) as response:
                if attempt == 1:
                    break
        try:
            raise OutOfStock("shoes")
        except (KeyError, OutOfStock) as error:
            self.record("error", str(error))
        try:
            PRICES["missing"]
        except KeyError:
            self.record("missing", "caught")
        else:
            self.record("missing", "found")

    @task
    def rest_calls(self):
        with self.rest("POST", "/rest", json={"a": 1}) as response:
            assert response.js["hits"] == 4, "wrong hits"
        self.counter += 1
        while self.counter > 100:
            self.counter = 0
            time.sleep(0.01)
        if random.random() > 1 or os.environ.get("MISSING_VARIABLE"):
            raise StopUser()
        self.record("choice", random.choice(["only"]))
