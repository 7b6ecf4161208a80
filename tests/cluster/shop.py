"""The shop as people see it: journeys through the gateway, and a load that counts what went wrong."""

import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from cluster import Failed

PRODUCT = "1"


class Shop:
    def __init__(self, url):
        self.url, self.token, self.taken = url.rstrip("/"), None, []
        self.numbers = iter(range(1 << 60))

    def ask(self, path, data=None, **headers):
        """Status and text; 0 and why, where nobody answers."""
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except (OSError, ValueError) as error:
            return 0, str(error)

    def expect(self, what, path, data=None, **headers):
        status, text = self.ask(path, data, **headers)
        if not 200 <= status < 300:
            raise Failed(f"{what}: {status} {text[:300]}")
        return text

    def sign_in(self, seed):
        """As Ada, with the password that the seed told."""
        password = re.search(r"ada@example\.com\s+(\S+)", seed)
        if password is None:
            raise Failed(f"the seed told no password: {seed[-300:]}")
        form = {"grant_type": "password", "username": "ada@example.com", "password": password[1]}
        text = self.expect("signing in", "/api/identity/v1/token", urllib.parse.urlencode(form).encode())
        self.token = json.loads(text)["access_token"]

    def read(self):
        for path in ("/shop", "/api/catalogue/v1/search?q=lamp", f"/api/catalogue/v1/products/{PRODUCT}"):
            self.expect(f"reading {path}", path)

    def headers(self):
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    def order(self):
        """The status of an order of one piece; its number is kept when it was taken."""
        body = json.dumps({"lines": [{"productId": PRODUCT, "quantity": 1}]}).encode()
        # A refusal is kept with its key, so each try has another.
        key = f"cluster-{time.time_ns()}-{next(self.numbers)}"
        status, text = self.ask("/api/orders/v1/orders", body, **self.headers(), **{"Idempotency-Key": key})
        if status == 202:
            self.taken.append(json.loads(text)["id"])
        return status, text

    def state(self, number):
        text = self.expect(f"the order {number}", f"/api/orders/v1/orders/{number}", **self.headers())
        return json.loads(text).get("state")

    def buy(self, cluster):
        """Orders; orders hears of customers by events, so the first try may come too early."""
        said = []

        def taken():
            said[:] = self.order()
            return said[0] == 202

        try:
            cluster.until(taken, 60, "")
        except Failed:
            raise Failed(f"buying: {said[0]} {said[1][:300]}") from None

    def watch(self, cluster, number):
        cluster.until(lambda: self.state(number) in ("OPEN", "COMPLETED"), 60, f"the order {number} is not open after 60 s")


class Load:
    """People who look around and order, one request after the other, while something happens to the shop."""

    def __init__(self, shop, people=8):
        self.shop, self.made, self.failed, self.over = shop, 0, [], threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.person, args=(number,)) for number in range(people)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(60)

    def person(self, number):
        paths = ["/shop", "/api/catalogue/v1/search?q=lamp", f"/api/stock/v1/stocks/{PRODUCT}"]
        while not self.over.is_set():
            number += 1
            status, text = self.shop.order() if number % 4 == 0 else self.shop.ask(paths[number % len(paths)])
            with self.lock:
                self.made += 1
                if not 200 <= status < 300:
                    self.failed.append(f"{status} {text[:120]}")

    def judge(self):
        """Name, value, target, whether it is good."""
        yield "requests under way meanwhile", str(self.made), "> 0", self.made > 0
        told = f" ({self.failed[0]})" if self.failed else ""
        yield "failed among them", f"{len(self.failed)}{told}", "0", not self.failed
