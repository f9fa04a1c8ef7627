"""Links in HTML pages."""

from datetime import datetime, timedelta

from locust import HttpUser, constant, task
from pyquery import PyQuery


class Reader(HttpUser):
    wait_time = constant(0.01)

    @task
    def read(self):
        page = PyQuery(self.client.get("/").content)
        for link in page("#menu a.link"):
            self.client.get(link.attrib["href"])
        for selector in [page("a"), page("ul > li"), page("td a[title]"), page("a.ext, td a"), page("div a")]:
            self.client.get(f"/count/{len(selector)}")
        self.client.post("/all", json=[[link.attrib["class"], link.attrib.get("title", "none")] for link in page("a.link")])
        tomorrow = datetime.now() + timedelta(days=1, hours=0)
        self.client.get(f"/day/{tomorrow.strftime('%Y-%m-%d %j %y %b')}/{tomorrow.isoformat()[:10]}")
