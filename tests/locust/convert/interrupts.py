"""Interrupts task sets with exceptions, some of which are caught."""

from locust import HttpUser, SequentialTaskSet, TaskSet, constant, task
from locust.exception import InterruptTaskSet, RescheduleTask


class InterruptsUser(HttpUser):
    wait_time = constant(0)
    visits = 0

    def leave(self, reschedule):
        self.client.get(f"/leave/{reschedule}")
        raise InterruptTaskSet(reschedule)

    @task
    class Outer(SequentialTaskSet):
        def on_start(self):
            self.user.visits += 1
            self.client.get(f"/outer/{self.user.visits}")
            if self.user.visits % 3 == 0:
                raise InterruptTaskSet(reschedule=True)

        def on_stop(self):
            self.client.get("/outer/end")

        @task
        class Inner(TaskSet):
            count = 0

            def on_stop(self):
                self.client.get("/inner/end")

            @task
            def work(self):
                self.count += 1
                self.client.get(f"/inner/{self.count}")
                if self.count == 1:
                    raise RescheduleTask()
                if self.count == 2:
                    try:
                        self.interrupt(reschedule=False)
                    except Exception as e:
                        self.client.get(f"/caught/{type(e).__name__}/{e}")
                if self.count == 3:
                    self.parent.interrupt()
                self.client.get("/unreachable" if self.count > 2 else "/continued")

        @task
        def caught(self):
            try:
                self.user.leave(True)
            except InterruptTaskSet as e:
                self.client.get(f"/caught/{e}")

        @task
        def last(self):
            self.user.leave(False)
            self.client.get("/unreachable")
