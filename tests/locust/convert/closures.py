"""Uses generator expressions, assignments to several variables, and functions that read variables of loops."""

from locust import HttpUser, constant, task


def twice(numbers):
    return sum(numbers) + sum(numbers)


class ClosuresUser(HttpUser):
    wait_time = constant(0)

    @task
    def go(self):
        functions = []
        for number in range(3):
            functions.append(lambda: number)
        for last in range(3):
            double = last * 2

            def read():
                return double

            functions.append(read)
        for function in functions + [lambda: letter for letter in "ab"]:
            self.client.get(f"/last/{function()}")
        for sign in (1, -1):
            self.client.get("/sorted/" + ",".join(str(n) for n in sorted([1, 3, 2], key=lambda n: n * sign)))
        numbers = (n * 2 for n in [1, 2, 3])
        self.client.get(f"/next/{next(numbers)}/{list(numbers)}/{list(numbers)}")
        self.client.get(f"/{twice(n for n in [1, 2])}/{twice([1, 2])}/{sum(1 for _ in range(3))}/{any(n > 1 for n in [1, 2])}")
        self.client.get(f"/{next((name for name in ['a', 'b'] if name > 'a'), None)}/{next((name for name in [] if name), 'none')}")
        for number in (n + 1 for n in [1, 2]):
            self.client.get(f"/number/{number}")
        price, count, name = 1234.5, 7, "x"
        self.client.get(f"/{price * 2}/{count * 2}/{name * 2}")
