"""Opens files whose paths come from parameters, pathlib, or the environment, and writes files."""

import csv
import json
import os
from pathlib import Path

from locust import HttpUser, constant, task

try:
    import orjson as fast_json
except ImportError:
    fast_json = None

HERE = Path(__file__).resolve().parent
PEOPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "people.csv")
FOLDER = os.path.dirname(__file__)
NAME = "people"
FROM_ENVIRONMENT = os.getenv("FILE_OF_PEOPLE", os.path.join(FOLDER, "people.csv"))


def rows(path):
    print(f"reading {path}")
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def lines(name, extension="csv"):
    path = os.path.join(FOLDER, f"{name}.{extension}")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return f.readlines()


def text_of(folder, name):
    file = Path(folder) / "parts" / name
    if file.exists():
        return file.read_text()
    return "missing"


ALL = rows(PEOPLE)
with (HERE / "people.csv").open() as people_file:
    FIRST = people_file.readline()
with open(FOLDER + "/" + NAME + ".csv") as people_file:
    SECOND = people_file.readlines()[1]


class PathsUser(HttpUser):
    wait_time = constant(0)

    @task
    def read(self):
        self.client.post("/all", json=[ALL, FIRST, SECOND, fast_json])
        self.client.post("/lines", json=[lines("people"), lines("missing")])
        self.client.post("/text", json=[text_of(HERE / "shop", "people.csv"), text_of(HERE / "shop", "no.csv")])
        with open(FROM_ENVIRONMENT) as f:
            self.client.post("/environment", data=f.read())
        for name in ["people.csv", "shop/parts/people.csv"]:
            with open(HERE / name, "rb") as f:
                self.client.post("/upload", files={"file": f})
        self.client.post("/bytes", data=(HERE / "people.csv").read_bytes())
        with open(os.devnull, "w") as f:
            f.write("x")
            writer = csv.writer(f)
            for row in ALL:
                writer.writerow([row["name"], len(ALL)])
            json.dump({"rows": ALL}, f)
