import csv
from pathlib import Path

LIMITS = {"max": 0}

with open(Path(__file__).parent / "people.csv", newline="") as file:
    PEOPLE = list(csv.DictReader(file))
