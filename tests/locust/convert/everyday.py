"""Uses what many locustfiles use: dates, files in memory, files that may be missing, and statistics."""

import io
import os
from datetime import date, datetime, timedelta, timezone

from locust import HttpUser, constant, events, task

PEOPLE = os.path.join(os.path.dirname(__file__), "people.csv")
PNG = b"\x89PNG\r\n" + b"\x00" * 3
counts = {"users": 0}


@events.test_start.add_listener
def start(environment, **kwargs):
    environment.stats.reset_all()
    print("host:", environment.host)


@events.test_stop.add_listener
def stop(environment, **kwargs):
    stats = environment.stats.total
    if stats.num_requests == 0 or stats.max_response_time > 60000:
        environment.process_exit_code = 3


def lines(path):
    try:
        with open("missing.csv") as f:
            return f.read()
    except FileNotFoundError as error:
        return str(error) if path else ""


class EverydayUser(HttpUser):
    wait_time = constant(0)

    @task
    def go(self):
        day = date(2024, 2, 28) + timedelta(days=2)
        time = datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
        self.client.post("/times", json={"day": day.isoformat(), "time": time.isoformat(), "days": (day - date(2024, 1, 1)).days})
        parsed = datetime.strptime("2024-03-01 10:20", "%Y-%m-%d %H:%M")
        self.client.get(f"/times/{parsed:%Y%m%d}/{day}/{time:%H%z}/{datetime.fromisoformat('2024-01-02').date()}")
        self.client.post("/upload", files={"file": ("a.png", io.BytesIO(PNG * 2), "image/png")}, data={"a": 1})
        self.client.post("/upload", files={"file": io.BytesIO(b"text" * 2)})
        self.client.post("/raw", data=PNG)
        if os.path.exists(PEOPLE) and not os.path.exists("missing.csv"):
            with open(PEOPLE, "rb") as f:
                self.client.post("/upload", files={"file": f})
        self.client.post("/text", data=lines("missing.csv"))
        defaults = {"a": [1]}
        for each in [defaults]:
            copied = each.copy()
            copied["b"] = 2
            self.client.post("/copy", json=[copied, defaults])
