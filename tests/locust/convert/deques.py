"""Uses deques, and copies of containers and objects."""

import copy
import json
from collections import defaultdict, deque

from locust import HttpUser, constant, task

recent = deque(maxlen=3)


class Box:
    def __init__(self):
        self.items = deque([1, 2, 3, 4], 2)
        self.sizes = {"box": {"height": 1}}
        self.itself = self

    def size(self):
        return len(self.items)


def numbers(count):
    return deque(range(count), maxlen=count)


class DequesUser(HttpUser):
    wait_time = constant(0)
    ids = deque(["a", "b"])

    def on_start(self):
        self.box = Box()
        self.count = 0

    @task
    def go(self):
        self.count += 1
        recent.append(self.count)
        self.client.get(f"/{list(recent)}/{len(recent)}/{recent[0]}/{recent[-1]}/{2 in recent}/{sum(recent)}/{max(recent)}")
        recent.appendleft(0)
        self.client.get(f"/{recent}/{bool(recent)}/{list(self.box.items)}")
        self.box.items.extend([7, 8, 9])
        self.ids.rotate(1)
        self.client.get(f"/{self.box.items}/{self.ids[0]}/{self.ids.count('a')}/{[x for x in self.ids]}/{','.join(self.ids)}")
        queue = numbers(3)
        queue += [5]
        self.client.get(f"/{queue}/{queue.pop()}/{queue.popleft()}/{len(queue)}/{sorted(queue)}")
        while queue:
            queue.popleft()
        try:
            queue.popleft()
        except IndexError:
            self.client.get("/empty")
        try:
            json.dumps(recent)
        except TypeError:
            self.client.get("/no-json")
        queue.extend("ab")
        queue.reverse()
        queue.remove("a")
        for i, item in enumerate(queue):
            self.client.get(f"/{i}/{item}/{queue == deque(['b'], 9)}/{queue == ['b']}")
        self.client.post("/json", json=list(queue))
        box = copy.deepcopy(self.box)
        box.items.clear()
        box.sizes["box"]["height"] = 2
        groups = defaultdict(list)
        groups["a"].append([1, {2}])
        copied = copy.deepcopy(groups)
        copied["a"][0].append(3)
        copied["b"].append(4)
        self.client.get(f"/{box.size()}/{self.box.size()}/{box.sizes}/{self.box.sizes}/{list(groups)}/{groups['a']}/{copied['a']}/{copied['b']}")
