"""Partial functions, generators, itertools, and functools."""

import itertools
from functools import partial, reduce
from operator import itemgetter, add

from locust import HttpUser, constant, task


def chunks(items, size):
    for i in range(0, len(items), size):
        yield items[i : i + size]


def fibonacci():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


def numbered(prefix):
    n = 0
    while True:
        n += 1
        yield f"{prefix}-{n}"


names = numbered("user")


def power(base, exponent):
    return base ** exponent


square = partial(power, exponent=2)
cube = partial(power, exponent=3)


class Gen(HttpUser):
    wait_time = constant(0.01)

    def on_start(self):
        self.fib = fibonacci()
        self.post_json = partial(self.client.post, headers={"X-Extra": "partial"})

    @task
    def work(self):
        parts = list(chunks(list(range(7)), 3))
        first = list(itertools.islice(fibonacci(), 8))
        total = reduce(lambda x, y: x + y, first, 0)
        product = reduce(add, [1, 2, 3])
        rows = [{"n": "b", "v": 2}, {"n": "a", "v": 1}]
        rows.sort(key=itemgetter("v"))
        evens = [x for x in first if x % 2 == 0]
        pairs = {k: v for k, v in zip("abc", first) if v}
        nested = [(x, y) for x in range(3) for y in range(x) if x != y]
        flat = [x for row in parts for x in row]
        uniq = sorted({x % 3 for x in flat})
        gen_sum = sum(x * x for x in flat if x > 2)
        has = any(x > 12 for x in first)
        everything = all(isinstance(x, (int, float)) for x in first)
        grouped = [(key, len(list(group))) for key, group in itertools.groupby("aaabcc")]
        acc = list(itertools.accumulate([1, 2, 3]))
        taken = list(itertools.takewhile(lambda x: x < 5, first))
        self.client.post("/gen", json={"parts": parts, "first": first, "total": total, "product": product, "rows": rows, "evens": evens, "pairs": pairs, "nested": nested,
            "uniq": uniq, "sum": gen_sum, "has": has, "all": everything, "grouped": grouped, "acc": acc, "taken": taken, "sq": square(4), "cube": cube(2)})
        self.post_json(f"/fib/{next(self.fib)}", {"name": next(names)})
