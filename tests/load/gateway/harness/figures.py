"""Figures: one line each, in the form of the other load tools, and tables of medians."""

import statistics

COLUMNS = (
    ("requests_per_second", "req/s", "{:,.0f}"), ("cpu_us", "CPU µs/req", "{:.1f}"),
    ("user_us", "user µs/req", "{:.1f}"),
    ("p50_us", "p50 µs", "{:,.0f}"), ("p99_us", "p99 µs", "{:,.0f}"), ("rss_mb", "RSS MB", "{:.1f}"),
    ("pss_mb", "PSS MB", "{:.1f}"), ("load_core_busy", "generator's core busy", "{:.0%}"),
    ("others_busy", "cores busy with other things", "{:.2f}"),
)
RATIOS = (("requests_per_second", "req/s"), ("cpu_us", "CPU/req"), ("p50_us", "p50"), ("p99_us", "p99"))


class Figures:
    """Prints figures and remembers what was missed."""

    def __init__(self):
        self.broken = self.missed = False

    def at_most(self, name, value, most):
        self.missed |= value > most
        self.line(name, value, f"<= {most:g}", value <= most)

    def at_least(self, name, value, least):
        self.missed |= value < least
        self.line(name, value, f">= {least:g}", value >= least)

    def none_of(self, name, value):
        """What must not be there at any speed."""
        self.broken |= value > 0
        self.line(name, value, "<= 0", value <= 0)

    def all_of(self, name, value):
        """What must be there each time, at any speed; one in a thousand may be on its way."""
        self.broken |= value < 0.999
        self.line(name, value, ">= 0.999", value >= 0.999)

    def note(self, name, value):
        print(f"{name:<52} {value:>12.3f}   {'-':<12} -", flush=True)

    def failure(self, name, message):
        self.broken = True
        print(f"{name}: {message}")
        print(f"{name:<52} {'stopped':>12}   {'complete':<12} FAIL", flush=True)

    @staticmethod
    def line(name, value, target, met):
        print(f"{name:<52} {value:>12.3f}   {target:<12} {'PASS' if met else 'FAIL'}", flush=True)


def quartiles(values):
    """Lower quartile, median, upper quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def cell(values, form):
    """A median, and the quartiles where there are some."""
    low, middle, high = (form.format(value) for value in quartiles(values))
    return middle if len(values) == 1 else f"{middle} ({low}–{high})"


def table(title, rows, proxies):
    """Medians and quartiles of what was measured, a line for each proxy."""
    columns = [column for column in COLUMNS if any(column[0] in row for row in rows)]
    print(f"\n{title}: median (lower quartile–upper quartile)\n")
    print("| proxy | rounds | " + " | ".join(heading for _, heading, _ in columns) + " |")
    print("|---" * (len(columns) + 2) + "|")
    for proxy in proxies:
        own = [row for row in rows if row["proxy"] == proxy]
        values = [([row[key] for row in own if key in row], form) for key, _, form in columns]
        cells = [cell(those, form) if those else "–" for those, form in values]
        print(f"| {proxy} | {len(own)} | " + " | ".join(cells) + " |")
    print(flush=True)


def ratio_table(title, rows, proxies, base):
    """The same of ratios to one proxy, round by round; the last column is how often its requests/s were exceeded."""
    keys = [(key, heading) for key, heading in RATIOS if any(key in row for row in rows)]
    print(f"{title}, ratio to {base} in the same round: median (lower quartile–upper quartile)\n")
    print("| proxy | " + " | ".join(heading for _, heading in keys) + " | rounds won |")
    print("|---" * (len(keys) + 2) + "|")
    for proxy in proxies:
        cells = [paired(rows, proxy, base, key) for key, _ in keys]
        won = sum(ratio > 1 for ratio in paired(rows, proxy, base, "requests_per_second"))
        shown = [cell(those, "{:.2f}") if those else "–" for those in cells]
        print(f"| {proxy} | " + " | ".join(shown) + f" | {won} |")
    print(flush=True)


def paired(rows, proxy, other, key):
    """The ratio of a value to that of another proxy in the same round, for each round that has both."""
    value = {(row["proxy"], row["round"]): row[key] for row in rows if key in row}
    rounds = sorted({row["round"] for row in rows})
    both = [(value.get((proxy, number)), value.get((other, number))) for number in rounds]
    return [one / two for one, two in both if one is not None and two]
