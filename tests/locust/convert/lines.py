"""Reads lines with FastHttpUser."""

from locust import FastHttpUser, constant, task


class LinesUser(FastHttpUser):
    wait_time = constant(0)

    @task
    def read(self):
        number = 0
        for line in self.client.iter_lines("/lines"):
            number += 1
            self.client.get(f"/line/{number}/{line}/{len(line)}")
        for line in self.client.iter_lines("/chat", method="POST", json={"stream": True}, name="chat"):
            if not line.strip():
                break
            self.client.post("/copy", data=line)
        self.client.get(f"/last/{line}x")
