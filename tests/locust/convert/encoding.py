"""Requests of HttpUser whose encoding and headers depend on the client. fast.py is the counterpart for FastHttpUser."""

from locust import HttpUser, constant, task


class Sender(HttpUser):
    wait_time = constant(0.01)
    page = 0

    @task
    def send(self):
        self.page += 1
        text = "a" * self.page
        self.client.get(f"/list/{text}?q=100%")
        self.client.get("/100%/%20x/%zz?q=%20&r=50%")
        self.client.get("/%7Euser/%c3%a9?")
        self.client.get("/search?q=where is it?")
        self.client.get(f"/search?q={text}?", params={"page": 1})
        self.client.get("/search?a=1&", params={"page": 1})
        self.client.get("/search??")
        self.client.get("/a/../b/./c/..")
        self.client.get(f"/a/./{text}/../[b]?c=[d]")
        self.client.get("/list", params={"page": self.page, "ids": [1, "b c"], "none": None, "on": True})
        self.client.get("/list?a=1", params=[("b", 2), ("b", text)])
        self.client.post("/json", json={"text": text})
        self.client.post("/text", data=text)
        self.client.post("/form", data={"ids": [1, 2], "on": True})
