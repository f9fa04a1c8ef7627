"""Regular expressions with groups, flags, and functions."""

import re

from locust import HttpUser, constant, task

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
LINK = re.compile(r'<a href="(?P<url>/[^"]*)"(?:\s+class="(?P<cls>\w+)")?>', re.IGNORECASE)
PAGE = '<form><input name="csrf" value="abc-123"></form>\n<A href="/one" class="x">1</A> <a href="/two">2</a>\nTotal: 1,234 items'


class Scraper(HttpUser):
    wait_time = constant(0.01)

    @task
    def scrape(self):
        page = PAGE
        token = CSRF.search(page).group(1)
        links = [m.group("url") for m in LINK.finditer(page)]
        classes = [m.groupdict() for m in LINK.finditer(page)]
        total = int(re.search(r"Total:\s*([\d,]+)", page).group(1).replace(",", ""))
        words = re.findall(r"\b[a-z]{5,}\b", page)
        cleaned = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)).strip()
        doubled = re.sub(r"(\d)", lambda m: str(int(m.group(1)) * 2), "a1b2")
        split = re.split(r"[,;]\s*", "a, b;c")
        match = re.match(r"(\w+)-(\d+)", token)
        name, number = match.groups()
        swapped = re.sub(r"(\w+)-(\d+)", r"\2-\1", token)
        flags = re.findall("^total", page, flags=re.I | re.M)
        missing = re.search("nothing", page)
        self.client.post("/login", data={"csrf": token, "n": total, "name": name, "number": int(number) + 1})
        for url in links:
            self.client.get(url)
        self.client.post("/scraped", json={"classes": classes, "words": words, "cleaned": cleaned, "doubled": doubled, "split": split, "swapped": swapped, "flags": flags,
            "missing": missing is None, "full": bool(re.fullmatch(r"\d{3}", "123")), "end": match.end()})
