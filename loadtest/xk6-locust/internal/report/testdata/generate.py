"""Writes the golden files next to this file, and those in ../../stats/testdata, with Locust's own classes.

    python3 -m venv venv && venv/bin/pip install locust==2.47.0 && venv/bin/python generate.py

The script sets the clock and fills a worker's statistics with made-up samples. Once per second, it sends them to a
master's statistics, as Locust does, and writes the master's statistics. The Go tests replay samples.json.golden and
compare their results with the other files. The golden files do not end in .json, so that JSON formatters ignore them.
"""

import json
import math
import os
import random
from types import SimpleNamespace

import greenlet
import locust
from locust import html, runners, stats
from locust.event import Events
from locust.util.date import format_duration
from locust.util.rounding import proper_round

assert locust.__version__ == "2.47.0", locust.__version__

HERE = os.path.dirname(os.path.abspath(__file__))
START = 1700000000
SECONDS = 18

clock = SimpleNamespace(now=float(START))
stats.time.time = lambda: clock.now
rng = random.Random(247)


def dump(path, value):
    with open(os.path.join(HERE, path), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


# Samples: [time, method, name, response time in ms or null, bytes, error or ""]

NAMES = [
    ("GET", "/suggest"),
    ("GET", "/suggest?q=a,b"),
    ("POST", '/quoted "name"'),
    ("GET", "/two\nlines"),
    ("GET", "/return\rhere"),
    ("GET", "/검색 ü 😀"),
    ("GET", " /leading space"),
    ("", "</script><img src=x onerror=alert(1)>"),
]
ERRORS = [
    "CatchResponseError('bad json')",
    "HTTPError('500 Server Error: for url: \"/x\", y')",
    "ConnectionError(<urllib3.connection object at 0x7f3a2b1c>: refused)",
    "it's \"both\" \\ \n \t \x00 é \xad \u200b 😀",
]


def make_samples():
    samples = []
    for second in range(SECONDS):
        for _ in range(0 if second in (6, 7) else rng.randrange(10, 60)):
            # The last name occurs only from second 10 on. The one before it does not occur in seconds 1 to 9.
            choices = NAMES if second > 9 else NAMES[:-1] if second == 0 else NAMES[:-2]
            method, name = rng.choice(choices)
            at = START + second + rng.randrange(500) / 512  # a float that is a whole number of nanoseconds
            time = rng.choice(
                [rng.random() * 3, rng.random() * 90, rng.random() * 1200, rng.lognormvariate(4, 2), 145.0, 2.5]
            )
            error = rng.choice(ERRORS) if rng.random() < 0.1 else ""
            samples.append([at, method, name, None if rng.random() < 0.02 else time, rng.randrange(5000), error])
    # A row without a response time, a row with a response time below its bucket, and a row with a response time of 0.
    samples.append([START + 3.25, "ASYNC", "no time", None, 0, ""])
    samples.append([START + 3.5, "GET", "/rounded up", 147.3, 1, ""])
    samples.append([START + 3.75, "GET", "/at once", 0.0, 0, ""])
    return sorted(samples)


EXCEPTIONS = [
    [1, "boom", "Traceback:\n  line 1\n  line 2\n"],
    [4, 'say "no", please', "other, traceback"],
    [5, "boom", "Traceback:\n  line 1\n  line 2\n"],
]
USERS = [min(3 * (second + 1), 40) for second in range(SECONDS)]

samples = make_samples()
dump("samples.json.golden", {"start": START, "samples": samples, "exceptions": EXCEPTIONS, "users": USERS})


def replay(write):
    """Replays the samples, and calls write(master, environment) after the report of each second."""
    clock.now = float(START)
    worker, master = stats.RequestStats(), stats.RequestStats()
    worker_events, master_events = Events(), Events()
    stats.setup_distributed_stats_event_listeners(worker_events, worker)
    stats.setup_distributed_stats_event_listeners(master_events, master)
    runner = SimpleNamespace(
        stats=master,
        exceptions={},
        user_count=0,
        user_classes=[],
        user_classes_count={},
        state=runners.STATE_RUNNING,
    )
    environment = SimpleNamespace(
        stats=master, runner=runner, host="http://target", user_classes=[], locustfile="locustfile.py", profile=None
    )
    for second in range(SECONDS):
        for at, method, name, response_time, length, error in samples:
            if int(at) == START + second:
                clock.now = at
                worker.log_request(method, name, response_time, length)
                if error:
                    worker.log_error(method, name, error)
        for at, message, traceback in EXCEPTIONS:
            if at == second:
                runners.Runner.log_exception(runner, "local", message, traceback)
        clock.now = START + second + 1.0
        runner.user_count = USERS[second]
        data = {}
        worker_events.report_to_master.fire(client_id="w", data=data)
        for entry in data["stats"]:
            # The master would start a row when the report arrives. The Go code uses the row's own start time.
            if (entry["name"], entry["method"]) not in master.entries:
                clock.now = entry["start_time"]
                master.get(entry["name"], entry["method"])
                clock.now = START + second + 1.0
        master_events.worker_report.fire(client_id="w", data=data)
        write(master, environment)
    return master, environment


def write_csv(prefix, full_history):
    """Runs Locust's own writing loop. Each sleep of the loop replays one second of the run, in another greenlet."""
    loop = greenlet.getcurrent()
    run = greenlet.greenlet(lambda: replay(lambda master, environment: loop.switch(environment)))
    environment = run.switch()
    writer = stats.StatsCSVFileWriter(environment, stats.PERCENTILES_TO_REPORT, os.path.join(HERE, prefix), full_history)

    def sleep(_seconds):
        run.switch()
        if run.dead:
            raise KeyboardInterrupt

    stats.gevent = SimpleNamespace(sleep=sleep)
    writer.stats_writer()
    writer.close_files()


write_csv("plain", False)
write_csv("full", True)
for name in ("stats", "failures", "exceptions"):  # identical to the plain files
    os.remove(os.path.join(HERE, f"full_{name}.csv"))

# Tables

master, environment = replay(lambda master, environment: None)
tables = {}
for width in (80, 31, 4, 0):
    stats.STATS_NAME_WIDTH = width
    tables[width] = {
        "current": stats.get_stats_summary(master, current=True),
        "total": stats.get_stats_summary(master, current=False),
        "percentiles": stats.get_percentile_stats_summary(master),
        "errors": stats.get_error_report_summary(master),
    }
dump("tables.json.golden", tables)

# The data of the HTML report


def sampled(master, environment):
    if int(clock.now - START) % stats.HISTORY_STATS_INTERVAL_SEC == 1:
        stats.update_stats_history(environment.runner)


master, environment = replay(sampled)
html.render_template_from = lambda file, template_args, theme: template_args
clock.now = START + float(SECONDS)
dump("html.json.golden", html.get_html_report(environment, show_download_link=False))

# JSON. This comes after the other reports, because it empties the statistics. The counts are sorted, so that the file
# does not depend on the order of the requests.

for entry in [*master.entries.values(), master.total]:
    for counts in ("response_times", "num_reqs_per_sec", "num_fail_per_sec"):
        setattr(entry, counts, dict(sorted(getattr(entry, counts).items())))
stats.save_stats_json(master, os.path.join(HERE, "stats"))
os.rename(os.path.join(HERE, "stats.json"), os.path.join(HERE, "stats.json.golden"))

# Single functions with many values


def floats():
    edge = [0.0, 1.0, 7.0, 0.1, 1e-5, 1e-4, 0.00012345, 1e15, 1e16, 123456789012345680.0, 5e-324, 1.7976931348623157e308]
    return edge + [rng.random() * 10 ** rng.randrange(-8, 20) for _ in range(300)]


def html_path(pattern, users, rate, run_time):
    options = SimpleNamespace(num_users=users, spawn_rate=rate, run_time=run_time, html_file=pattern)
    html.process_html_filename(options)
    return [pattern, users, rate, run_time, options.html_file]


dump(
    "values.json.golden",
    {
        "floats": [[x, repr(x)] for x in floats()],
        "rounded": [[x, n, proper_round(x, n)] for x in [*(abs(v) for v in floats() if v < 1e12), 2.5, 0.125] for n in (0, 2)],
        "durations": [[s, format_duration(START, START + s)] for s in (0, 0.9, 1, 59, 60, 61, 3600, 3661, 86400, 90061, 172800)],
        "paths": [
            html_path("report_{u}_{r}_{t}.html", 100, 10, 300),
            html_path("{u}{u}/{x}.html", 1, 0.5, None),
            html_path("{r}.html", 1, 2.0, 60),
            html_path("plain.html", 1, 1, 60),
        ],
        "strings": [[s, json.dumps(s)] for s in [*ERRORS, *(n for _, n in NAMES), "\x7f\x1f\b\f/", "\u2028"]],
    },
)


def buckets():
    halves = [n + 0.5 for n in range(0, 101)] + [n + 5.0 for n in range(100, 1000, 10)]
    halves += [n + 50.0 for n in range(1000, 10000, 100)] + [n + 500.0 for n in range(10000, 200000, 1000)]
    near = [math.nextafter(x, to) for x in halves[::7] for to in (0, math.inf)]
    return halves + near + [rng.lognormvariate(4, 3) for _ in range(300)]


def percentile_case():
    values = [rng.lognormvariate(rng.randrange(1, 9), 1) for _ in range(rng.choice([1, 2, 3, 10, 99, 100, 101, 250]))]
    entry = stats.StatsEntry(master, "n", "m")
    for value in values:
        entry.log(value, 0)
    wanted = sorted({*stats.PERCENTILES_TO_REPORT, *html.PERCENTILES_FOR_HTML_REPORT, 0.0, rng.random()})
    return {
        "counts": sorted(entry.response_times.items()),
        "min": entry.min_response_time,
        "max": entry.max_response_time,
        "percentiles": [[p, entry.get_response_time_percentile(p)] for p in wanted],
        "median": entry.median_response_time,
    }


TEXTS = [
    *ERRORS, "", "plain", "it's", 'say "x"', "'\"", "\\", "\n\r\t\x0b\x1b\x7f", "\x80\x9f\xa0\xa1\xad\xff", "\u0378\u200b\u2028\u3000\ufeff",
    "한국어 😀 \U000e0001 \U0010ffff", "e\u0301",
    "<A object at 0x10> and <B object at 0x20>", "<A object at 0x10> again 0x10>", "object at 0xzz", "object at 0x>",
]  # fmt: skip

os.makedirs(os.path.join(HERE, "../../stats/testdata"), exist_ok=True)
dump(
    "../../stats/testdata/locust.json.golden",
    {
        "buckets": [[x, stats.bucket_response_time(x)] for x in buckets()],
        "percentiles": [percentile_case() for _ in range(150)],
        "failures": [
            {"text": t, "repr": repr(t), "error": stats.StatsError.parse_error(t), "key": stats.StatsError.create_key("GET", "/ü", t)}
            for t in TEXTS
        ],
    },
)
