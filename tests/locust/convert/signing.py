"""Signatures, hashes, UUIDs, and encoded URLs."""

import base64
import hashlib
import hmac
import json
import os
import urllib.parse
import uuid
from urllib.parse import quote, urlencode

from locust import HttpUser, constant, task

SECRET = os.environ.get("API_SECRET", "s3cret")
KEY = SECRET.encode()


class Signed(HttpUser):
    wait_time = constant(0.01)
    n = 0

    def sign(self, method, path, body):
        digest = hashlib.sha256(body.encode("utf-8")).hexdigest()
        message = "\n".join([method, path, digest]).encode("utf-8")
        signature = hmac.new(KEY, message, hashlib.sha256).digest()
        return base64.b64encode(signature).decode()

    @task
    def signed(self):
        self.n += 1
        body = json.dumps({"n": self.n, "name": "Zoë", "x": [1.0, 2]}, sort_keys=True)
        path = f"/signed/{self.n}"
        self.client.post(path, data=body, headers={"X-Token": self.sign("POST", path, body), "Content-Type": "application/json"})
        basic = base64.b64encode(f"{'kim'}:{SECRET}".encode("ascii")).decode("ascii")
        self.client.get("/basic", headers={"Authorization": "Basic " + basic})
        md5 = hashlib.md5(b"abc").hexdigest()
        h = hashlib.sha1()
        h.update(b"a")
        h.update("b".encode())
        query = urlencode({"q": "a b&c", "n": self.n, "l": "é"})
        multi = urlencode({"a": [1, 2]}, doseq=True)
        self.client.get(f"/hash/{md5}/{h.hexdigest()[:8]}?{query}&{multi}")
        u = uuid.UUID("12345678123456781234567812345678")
        self.client.get(f"/uuid/{u}/{u.hex[:4]}/{len(str(uuid.uuid4()))}/{len(uuid.uuid4().hex)}")
        parsed = urllib.parse.urlparse("https://a.example:8080/x/y?q=1#f")
        self.client.post("/url", json={"host": parsed.hostname, "port": parsed.port, "path": parsed.path, "q": urllib.parse.parse_qs(parsed.query), "quoted": quote("a/b c"), "safe": quote("a/b", safe="")})
