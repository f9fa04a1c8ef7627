"""Requests of FastHttpUser whose encoding and headers depend on the client. encoding.py is the counterpart for HttpUser."""

from locust import FastHttpUser, constant, task


class Sender(FastHttpUser):
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
        self.client.get("/list", params={"page": self.page, "ids": [1, "b c"], "none": None, "on": True})
        self.client.get("/list?a=1", params=[("b", 2), ("b", text)])
        self.client.post("/json", json={"text": text})
        self.client.put("/json", json=[self.page], headers={"accept": "text/plain"})
        self.client.post("/text", data=text)
        self.client.post("/text", data="<a/>", headers={"Content-Type": "application/xml"})
        self.client.post("/form", data={"ids": [1, 2], "on": True})
        with self.client.post("/judged", json={"a": 1}, catch_response=True) as response:
            if response.json()["hits"] != 3:
                response.failure("no hits")
