"""Uses else after loops, nonlocal variables, and variables that blocks of the module set."""

import os
import queue

from locust import HttpUser, constant, task

if os.environ.get("NO_SUCH_VARIABLE"):
    PREFIX = "/a"
else:
    PREFIX = "/b"
try:
    LIMIT = int("z")
except ValueError:
    LIMIT = 3
names = queue.Queue()
for i in range(20):
    names.put(f"u{i:02}")
for a, b in [("x", 1), ("y", 2)]:
    last = a + str(b)


class LoopsUser(HttpUser):
    wait_time = constant(0)

    def on_start(self):
        self.name = names.get()

    @task
    def go(self):
        self.client.get(f"{PREFIX}/{LIMIT}/{last}/{i}/{self.name}")
        for n in range(LIMIT):
            if n == 5:
                break
        else:
            self.client.get("/else/for")
        for n in range(LIMIT):
            with self.client.get(f"/n/{n}", catch_response=True):
                if n == 1:
                    break
        else:
            self.client.get("/never")
        count = 0
        while count < 3:
            for letter in "ab":
                if letter == "b":
                    break
            else:
                self.client.get("/never")
            count += 1
            if count == 9:
                break
        else:
            self.client.get("/else/while")
        for n in range(2):
            continue
        else:
            self.client.get("/else/continue")
        seen, total = [], 10

        def bump(by=1):
            nonlocal count
            count += by
            seen.append(count)
            return count

        def reset():
            nonlocal total
            total = 0

        bump()
        bump(2)
        reset()
        self.client.get(f"/{count}/{seen}/{total}")
