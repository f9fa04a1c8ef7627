"""Formats of f-strings, format(), and %."""

from locust import HttpUser, constant, task


class Formats(HttpUser):
    wait_time = constant(0.01)
    n = 0

    @task
    def formats(self):
        self.n += 1
        n = self.n
        price = 1234.5 * n
        width = 8
        name = "Zoë"
        values = {"a": 1, "b": [1, 2.0]}
        lines = [
            f"{n:05d}", f"{n:>{width}}", f"{n:<6}|", f"{n:^7}|", f"{price:,.2f}", f"{price:10.1f}", f"{price:e}", f"{n / 3:.1%}",
            f"{n:x}", f"{n:#x}", f"{n:b}", f"{n:08b}", f"{n:+d}", f"{-n:+}", f"{name!r}", f"{name:*^9}", f"{name:.2}", f"{values}",
            f"{values['b'][1]}", f"{n=}", f"{name=!s}", f"{n*2=:>4}", f"{{literal}} {n}", f"{True!s:>6}", f"{None}", f"{price:g}", f"{0.1 + 0.2}",
            f"{10 ** (n % 9)}", f"{1e16:g}", f"{n:_}", f"{12345678:_d}", f"{3.0}", f"{n // 2} {n % 2} {-n // 2} {-n % 3}", f"{'nested ' + f'{n}'}",
            "{:>5}|{:<5}|{:^5}".format("a", "b", "c"), "{0} {1} {0}".format(n, name), "{a} {c}".format(a={"b": 1}, c=n),
            "%5.2f|%-5s|%05d|%x|%%|%r" % (price, "ab", n, n, name), "%(n)d of %(name)s" % {"n": n, "name": name},
            f"{n:,}", f"{1234567.891:,}", f"{'a' if n % 2 else 'b'}", f"{[x * x for x in range(n % 4)]}",
        ]
        self.client.post("/formats", json={"lines": lines})
