"""How much of each product was ordered: a service of a Tradewind fleet in plain Python.

It follows the events of orders through their internal door, keeps its counts and its cursor in a SQLite file of its
own, and answers GET /api/reports/v1/sales, to which the gateway leads. Nothing but the standard library is needed.

Whoever starts the fleet says in the environment where things are:
  TRADEWIND_LISTEN          the address of this service's own door, host:port
  TRADEWIND_DATA            the folder in which it may keep its file
  TRADEWIND_SECRET_FILE     the file with the secret that opens internal doors
  TRADEWIND_FEED_ORDERS     the internal door of orders, such as http://127.0.0.1:8150
With service identity the doors are https, and these three are there as well:
  TRADEWIND_CERTIFICATE, TRADEWIND_KEY, TRADEWIND_AUTHORITY   PEM files
"""

import http.server
import json
import os
import signal
import sqlite3
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request

NAME = "reports"
PLACED = "tradewind.orders.order-placed.v1"
PAGE = 256
LONG_POLL_MS = 8000
REPORT_EVERY_S = 60


def database():
    """Opens the file; every thread has a connection of its own."""
    path = os.path.join(os.environ["TRADEWIND_DATA"], NAME + ".sqlite")
    connection = sqlite3.connect(path, timeout=10, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("create table if not exists cursor (position integer not null)")
    connection.execute("create table if not exists sales (product text primary key, quantity integer not null)")
    connection.execute("insert into cursor select 0 where not exists (select * from cursor)")
    return connection


class Feed:
    """The log of orders, read through its internal door."""

    def __init__(self):
        self.base = os.environ["TRADEWIND_FEED_ORDERS"]

    def context(self):
        """Who we are and whom we trust, read each time: the files are renewed while we run."""
        if not self.base.startswith("https:"):
            return None
        # The name in the certificate is that of the service, no host: the authority vouches for it.
        context = ssl.create_default_context(cafile=os.environ["TRADEWIND_AUTHORITY"])
        context.check_hostname = False
        context.load_cert_chain(os.environ["TRADEWIND_CERTIFICATE"], os.environ["TRADEWIND_KEY"])
        return context

    def ask(self, method, path, body=None):
        with open(os.environ["TRADEWIND_SECRET_FILE"], encoding="ascii") as file:
            secret = file.read().strip()
        headers = {"Authorization": "Bearer " + secret}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=20, context=self.context()) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def after(self, position):
        """The next events, waited for by the door of orders: no need to ask again and again."""
        return self.ask("GET", f"/events?after={position}&limit={PAGE}&waitMs={LONG_POLL_MS}")

    def report(self, position):
        """Says how far we are: orders keeps for us what we have not seen, and nothing longer than needed."""
        self.ask("PUT", f"/events/subscribers/{NAME}", {"position": position})


def handle(connection, events):
    """The effects of some events and the cursor, in one transaction: each event counts once, whenever this ends."""
    connection.execute("begin immediate")
    try:
        for recorded in events:
            event = recorded["event"]
            if event["type"] == PLACED:
                for line in event["data"]["lines"]:
                    connection.execute(
                        "insert into sales values (?, ?) on conflict do update set quantity = quantity + excluded.quantity",
                        (line["productId"], line["quantity"]),
                    )
        connection.execute("update cursor set position = ?", (events[-1]["position"],))
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def follow():
    """Follows orders for ever; what fails is tried again, with a pause that grows."""
    connection, feed = database(), Feed()
    pause, reported = 0.1, None
    while True:
        try:
            (position,) = connection.execute("select position from cursor").fetchone()
            if reported is None or time.monotonic() - reported >= REPORT_EVERY_S:
                feed.report(position)
                reported = time.monotonic()
            events = feed.after(position)
            if events:
                handle(connection, events)
            pause = 0.1
        except urllib.error.HTTPError as error:
            problem = error.read().decode(errors="replace")
            if error.code == 410:
                # What we never saw is gone: counting on would be wrong. Somebody has to decide.
                print(f"events were removed before they were counted: {problem}", file=sys.stderr, flush=True)
                os._exit(1)
            print(f"orders answers {error.code}: {problem}", file=sys.stderr, flush=True)
        except (OSError, ValueError) as error:
            print(f"orders cannot be read: {error}", file=sys.stderr, flush=True)
        else:
            continue
        time.sleep(pause)
        pause = min(pause * 2, 10)


class Door(http.server.BaseHTTPRequestHandler):
    """What the gateway leads here."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path != "/api/reports/v1/sales":
            problem = {"type": "urn:tradewind:problem:not-found", "title": "There is nothing here", "status": 404,
                       "code": "not-found"}
            return self.answer(404, "application/problem+json", problem)
        with database() as connection:
            rows = connection.execute("select product, quantity from sales order by product").fetchall()
        items = [{"productId": product, "quantity": quantity} for product, quantity in rows]
        return self.answer(200, "application/json", {"items": items})

    def answer(self, status, media_type, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """The gateway logs requests already."""


def main():
    host, port = os.environ["TRADEWIND_LISTEN"].rsplit(":", 1)
    server = http.server.ThreadingHTTPServer((host, int(port)), Door)
    # A signal is a request to stop, and so is the end of standard input: whoever started this is gone.
    stop = threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start())
    threading.Thread(target=follow, daemon=True).start()
    stop.start()
    print(f"{NAME}: door at http://{host}:{port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
