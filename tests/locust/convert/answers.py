"""Uses responses, cookies, and fields of multipart forms as many locustfiles do."""

from locust import HttpUser, constant, task


class AnswersUser(HttpUser):
    wait_time = constant(0)

    def last(self, r):
        return r

    @task
    def ask(self):
        with self.client.get("/block", catch_response=True) as r:
            r.success()
        r = self.client.get("/again")
        if r:
            self.client.get("/true")
        if not r:
            self.client.get("/false")
        if r == None or r in (None, 1):  # noqa: E711
            self.client.get("/none")
        answers = [r, None]
        for answer in answers:
            self.client.get(f"/answers/{bool(answer)}/{answer is None}/{answer or 'no'}".replace("<", "(").replace(">", ")"))
        self.client.get("/last" if self.last(r) else "/no")
        self.client.get(f"/cookies/{r.cookies.get('session')}/{r.cookies.get('other', 'none')}")

        cookies = self.client.cookies
        self.client.cookies.clear()
        self.client.cookies.set("theme", "dark")
        self.client.cookies["size"] = "10"
        self.client.cookies.update({"lang": "ko", "theme": "light"})
        self.client.get("/jar/" + self.client.cookies.get("theme", "") + "/" + self.client.cookies.get("missing", "no"))
        self.client.get(f"/jar/{'lang' in self.client.cookies}/{'missing' in self.client.cookies}/{cookies['lang']}")
        del self.client.cookies["theme"]
        self.client.get(f"/jar/{self.client.cookies.get('theme')}/{self.client.cookies.get('size', default='1')}")
        self.client.cookies.clear()

        self.client.post("/form", files={"note": (None, "hello"), "json": (None, '{"a": 1}', "application/json"), "empty": ("", "x")})
        self.client.post("/form", files=[("a", (None, "1")), ("a", (None, b"2"))], data={"b": "3"})
