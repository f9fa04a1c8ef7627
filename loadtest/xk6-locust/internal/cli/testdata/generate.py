"""Writes config.json.golden next to this file, with Locust's own parser of locust.conf.

    python3 -m venv venv && venv/bin/pip install locust==2.47.0 && venv/bin/python generate.py

Each case is a line of a file. Its result is null if Locust refuses the line, or an object with the setting, if any.
"""

import io
import json
import os

import locust
from configargparse import ConfigFileParserException
from locust.argument_parser import LocustConfigParser

assert locust.__version__ == "2.47.0", locust.__version__

LINES = [
    "users = 5", "users=5", "users: 5", "users 5", "--users 5", "--users=5", "  users  =  5  ", "users = 5 # five", "users = 5 ; five",
    "users = 5#five", "headless", "--headless", "headless = true", "host = http://127.0.0.1:8000", "host: http://a/#b", 'host = "http://a b"',
    "csv = 'x y' # comment", "csv = it's", 'csv = "open', "csv = 'x\"", 'csv "a" b', "csv a b c", "csv::b", "csv =", "csv:", 'csv = ""',
    'csv ""', "csv # c", "csv= # c", "# users = 5", "; users = 5", "[locust]", "---", "---users", "", "   ", "=5", ": 5", "tags = [a, b]",
    'tags = ["a", "b"]', "tags = [1, 2]", "tags = [a]", "tags = [", "tags = a b", "tags = [a, b] # two", "run-time = 1h30m", "a=b=c",
]


def parse(line):
    stream = io.StringIO(line + "\n")
    stream.name = "locust.conf"
    try:
        items = LocustConfigParser().parse(stream)
    except ConfigFileParserException:
        return None
    return {key.removeprefix("--"): [str(item) for item in value] if isinstance(value, list) else value for key, value in items.items()}


def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "config.json.golden")
    with open(path, "w") as file:
        json.dump([{"line": line, "settings": parse(line)} for line in LINES], file, separators=(",", ":"))
        file.write("\n")


main()
