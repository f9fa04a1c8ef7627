"""Greenlets and pools, which load the parts of a page at the same time."""

import gevent
from gevent.pool import Group, Pool
from locust import HttpUser, constant, task


class Browser(HttpUser):
    wait_time = constant(0.05)

    def load(self, path):
        return self.client.get(path, name="asset")

    def poll(self, job):
        for attempt in range(2):
            self.client.get(f"/jobs/{job}/{attempt}")
            gevent.sleep(0.01)
        return job

    @task
    def open_page(self):
        self.client.get("/page")
        pool = Pool(2)
        for i in range(3):
            pool.spawn(self.load, f"/asset/{i}")
        pool.join()
        jobs = [gevent.spawn(self.poll, f"j{i}") for i in range(2)]
        gevent.joinall(jobs)
        self.client.post("/done", json={"jobs": [job.value for job in jobs]})
        group = Group()
        group.spawn(lambda: self.client.get("/group/a"))
        group.spawn(lambda: self.client.get("/group/b"))
        group.join()
        greenlets = [gevent.spawn(self.client.get, f"/direct/{i}") for i in range(2)]
        gevent.joinall(greenlets, timeout=10)
        codes = [greenlet.get().status_code for greenlet in greenlets]
        results = pool.map(self.load, ["/map/1", "/map/2"])
        self.client.post("/end", json={"codes": codes, "results": [r.status_code for r in results]})
