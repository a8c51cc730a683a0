# SPDX-License-Identifier: BSD-3-Clause
"""What a bench found: tables for people, everything for programs ($O/bench/NAME.json)."""
import json
import os
import platform
import statistics
import subprocess
import sys


def build_dir():
    build = os.path.abspath(os.environ.get("O", "build"))
    os.makedirs(f"{build}/bench", exist_ok=True)
    return build


def machine():
    model = "unknown"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    dpdk = subprocess.run(["pkg-config", "--modversion", "libdpdk"], capture_output=True, text=True)
    return {"cpu": model, "cpus": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "dpdk": dpdk.stdout.strip() or "unknown", "load_before": round(os.getloadavg()[0], 2)}


def spread(values, digits=3):
    """Median, lowest and highest, for JSON."""
    return {"median": round(statistics.median(values), digits), "min": round(min(values), digits),
            "max": round(max(values), digits)}


def spread_text(s, form="{:.3f}"):
    return f"{form.format(s['median'])} ({form.format(s['min'])}..{form.format(s['max'])})"


class Report:
    """One run of one bench. What is put in by [] goes into the JSON file as it is."""

    def __init__(self, bench, quick):
        self.data = {"bench": bench, "quick": quick, "machine": machine(), "tables": [],
                     "targets": []}
        if self.data["machine"]["load_before"] > 0.5:
            print(f"bench: load average {self.data['machine']['load_before']}: others work here, "
                  "the numbers will be low and spread", file=sys.stderr)

    def __setitem__(self, key, value):
        self.data[key] = value

    def table(self, title, head, rows):
        """A row is a list of texts, as many as in head."""
        self.data["tables"].append({"title": title, "head": head, "rows": rows})

    def target(self, what, found, least=None, most=None, unit=""):
        """A number that the project set itself, and whether this run reached it."""
        met = (least is None or found >= least) and (most is None or found <= most)
        self.data["targets"].append({"what": what, "found": round(found, 3), "least": least,
                                     "most": most, "unit": unit, "met": met})
        return met

    def finish(self, build):
        """Writes the file and prints the tables. Exit status 0: what was missed is no error."""
        path = f"{build}/bench/{self.data['bench']}.json"
        with open(path, "w") as f:
            json.dump(self.data, f, indent=1)
            f.write("\n")
        print(as_text(self.data))
        return 0


def target_rows(data):
    for t in data["targets"]:
        wanted = " and ".join(f"at {word} {t[word]}{t['unit']}" for word in ("least", "most")
                              if t[word] is not None)
        yield [t["what"], f"{t['found']}{t['unit']}", wanted, "met" if t["met"] else "MISSED"]


def tables_of(data):
    """All tables, that of the targets behind the others."""
    rows = list(target_rows(data))
    last = [{"title": "targets", "head": ["what", "found", "wanted", ""], "rows": rows}]
    return data["tables"] + (last if rows else [])


def table_text(table):
    """Columns lined up: the first to the left, the rest to the right."""
    lines = [table["head"], *table["rows"]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(table["head"]))]
    return "\n".join("  ".join([line[0].ljust(widths[0]),
                                *(c.rjust(w) for c, w in zip(line[1:], widths[1:]))]).rstrip()
                     for line in lines)


def table_markdown(table):
    lines = [table["head"], ["---"] * len(table["head"]), *table["rows"]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def as_text(data):
    return "\n\n".join(f"{data['bench']}: {t['title']}\n{table_text(t)}" for t in tables_of(data))


def as_markdown(data):
    m = data["machine"]
    what = (f"`{data['bench']}`{', quick' if data['quick'] else ''}: {m['cpus']} CPUs of {m['cpu']}, "
            f"DPDK {m['dpdk']}, load average {m['load_before']} before.")
    return "\n\n".join([what, *(f"{t['title']}:\n\n{table_markdown(t)}" for t in tables_of(data))])
