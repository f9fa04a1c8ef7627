"""Counters, and dicts with numbers and tuples as keys."""

from collections import Counter, OrderedDict, defaultdict

from locust import HttpUser, constant, task

STAGES = {0: "warm", 10: "peak", 5: "cool"}
LABELS = {True: "yes", False: "no"}
GRID = {(0, 0): "a", (1, 0): "b"}


class Dicts(HttpUser):
    wait_time = constant(0.01)
    n = 0

    def on_start(self):
        self.seen = {}
        self.by_status = defaultdict(int)

    @task
    def work(self):
        self.n += 1
        r = self.client.get("/start")
        self.by_status[r.status_code] += 1
        self.seen[self.n] = r.status_code
        stock = {}
        for item_id in [30, 4, 100, 4]:
            stock[item_id] = stock.get(item_id, 0) + 1
        lookup = {row["id"]: row["name"] for row in [{"id": 7, "name": "g"}, {"id": 2, "name": "b"}]}
        c = Counter("abracadabra")
        c.update("aaa")
        c2 = Counter({"a": 1}) + Counter(["b", "b"])
        inverse = {v: k for k, v in STAGES.items()}
        positions = [k for k in STAGES]
        best = max(STAGES, key=STAGES.get)
        grid = [f"{x}:{y}={v}" for (x, y), v in GRID.items()]
        stages = " ".join(f"{k}={v}" for k, v in STAGES.items())
        self.client.post("/dicts", json={"seen": self.seen, "status": dict(self.by_status), "stock": stock, "lookup": lookup, "positions": positions, "best": best,
            "inverse": inverse, "grid": grid, "label": LABELS[self.n > 1], "common": c.most_common(2), "missing": c["zzz"], "c2": dict(c2), "total": sum(c.values()), "in": 5 in STAGES, "stages": stages})
        del stock[4]
        self.client.get(f"/keys/{list(stock)}/{len(stock)}/{STAGES.get(11, 'none')}/{sorted(STAGES)}")
        print(STAGES, c, stock)
