"""Sends tuples, floats, integers, and times as text, which JavaScript writes differently than Python."""

import json
import random
from datetime import datetime, timedelta

from locust import HttpUser, constant, task

try:
    from meanings.places import base as HOME
except ImportError:
    HOME = "/missing"

PRICES = [1.5, 2, 2.0]
random.seed()


def join(*parts, separator="-", end=""):
    return separator.join(str(part) for part in parts) + end


class TextUser(HttpUser):
    wait_time = constant(0)

    @task
    def go(self):
        counts = {"b": 2, "a": 1}
        self.client.post(HOME, data=f"{sorted(counts.items())} {[(1,), ()]} {list(zip('ab', PRICES))}")
        pair = random.choice([("x", None)])
        self.client.post("/pair", data=str(pair + (PRICES,)) + str(list(enumerate(pair))))
        self.client.post("/digits", data=f"{'٣'.isdigit()} {'½'.isdigit()} {int('٣2')} {int('1_000')}")
        first = PRICES[0]
        self.client.post("/float", data=f"{first * 2} {sum([first, first])} {round(first * 2, 2)} {round(3, 2)} {first // 1} {-first}")
        self.client.post("/form", data={"total": first * 2, "count": PRICES[1] * 2})
        self.client.post("/dumps", data=json.dumps({"total": first * 2, "rounded": round(2.001, 2)}))
        self.client.post("/json", json={"total": round(first * 2, 2), "of": PRICES})
        self.client.post("/params", params={"price": PRICES[2]}, name="/params")
        self.client.post("/join", data=join(1, 2.0, separator="+") + join(end="."))
        day = datetime(2024, 2, 28, 23, 59)
        later = day + timedelta(days=1, minutes=2)
        self.client.post("/times", data=f"{later} {later:%Y-%m-%d} {later.isoformat(timespec='minutes')} {(later - day).total_seconds()} {[day]}")
        self.client.post("/range", data=str(sorted({random.randrange(0, 10, 5) for _ in range(100)})))

    def on_stop(self):
        self.client.close()
