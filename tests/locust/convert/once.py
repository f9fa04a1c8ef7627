"""Values that Python computes only once, and comparisons that differ in JavaScript."""

import json
import re
import uuid

from locust import HttpUser, constant, task


def texts(items):
    return "-".join(str(item) for item in items)


class OnceUser(HttpUser):
    wait_time = constant(0)
    token = str(uuid.uuid4())

    @task
    def go(self):
        numbers = iter(range(100))
        self.client.get("/format/{0}-{0}/{1}/{name}{name}".format(next(numbers), next(numbers), name=next(numbers)))
        self.client.get("/percent/%(a)s%(a)s" % {"a": next(numbers)})
        self.client.post("/replace", data="{id}={id}".replace("{id}", str(next(numbers))))
        counts = [0] * 9
        counts[next(numbers)] += 5
        counts[next(numbers)] -= 1
        self.client.get("/counts/" + texts(counts))
        self.client.get(f"/enumerate/{texts(i for i, _ in enumerate('abc', next(numbers) or 1))}")
        self.client.get(f"/any/{any(self.client.get(f'/any/{x}').ok for x in 'abc')}")
        self.client.get(f"/all/{all(self.client.get(f'/all/{x}').status_code == 404 for x in 'abc')}")
        seen = {(1, "a")}
        seen.add((1, "a"))
        pair = tuple(json.loads('[1, "a"]'))
        self.client.get(f"/seen/{len(seen)}/{pair in seen}/{list(pair) == pair}/{pair == (1, 'a')}/{texts(seen - {pair})}")
        self.client.get(f"/divide/{1 // 0.1}/{0.7 % 0.1}/{-7 // 2}/{-5.5 % 2}")
        self.client.get("/match/" + texts(re.findall("[^]]+", "a]b")) + texts(re.split("x*", "axb")) + str(len(re.search("a(.*)", "ab\r")[1])))
        self.client.get(f"/token/{self.token == OnceUser.token}/{(lambda d: d.get('a') or d.get('b'))({'b': 2})}")
        added = set()
        self.client.get("/distinct/" + texts(x for x in [1, 2, 1] if not (x in added or added.add(x))))
        value = 1.5
        self.client.get(f"/debug/{value=:.2f}")
        self.client.head("/head")
