"""Raises and catches exceptions."""

from locust import HttpUser, constant, task


class Retry(ValueError):
    pass


class Deep(Retry):
    pass


class Missing(KeyError):
    pass


class Mine(Exception):
    """An exception whose only base class is Exception."""


class ExceptionsUser(HttpUser):
    wait_time = constant(0)

    def fail(self, number):
        if number == 0:
            raise Retry("r")
        if number == 1:
            raise Deep("d")
        if number == 2:
            raise Missing("m")
        if number == 3:
            raise KeyError("k")
        if number == 4:
            raise KeyError(5)
        if number == 5:
            raise Mine("a")
        if number == 6:
            raise Mine
        if number == 7:
            return {}["z"]
        if number == 8:
            return [][1]
        if number == 9:
            return int("x")
        if number == 10:
            return float("y")
        if number == 11:
            return 1 / 0
        if number == 12:
            raise RuntimeError(f"x{number}") from None
        assert number == 0, f"assert {number}"

    @task
    def raise_all(self):
        for number in range(14):
            try:
                self.fail(number)
            except ValueError as e:
                self.client.get(f"/value/{number}/{e}/{type(e).__name__}")
            except LookupError as e:
                self.client.get(f"/lookup/{number}/{e}/{type(e).__name__}")
            except (ArithmeticError, AssertionError) as e:
                self.client.get(f"/arithmetic/{number}/{e}")
            except Mine as e:
                self.client.get(f"/mine/{number}/{e}.")
            except Exception as e:
                self.client.get(f"/other/{number}/{type(e).__name__}/{e}.")
