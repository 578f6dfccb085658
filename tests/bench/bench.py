"""Measures Crisol and its peers on this machine, side by side; called by tests/bench/run."""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import load
from servers import BATCH, CONTESTANTS, Contestant, Crisol

PARTS = ("1", "32", "256", "512", "batch", "rate")
SLOW_CLIENTS = 64
STARTS = 3
WARM_UP_SECONDS = 2


def machine() -> list[str]:
    cpu = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    return [
        f"- {os.cpu_count()} cores, {cpu}, {memory:.0f} GiB",
        f"- {release}, Linux {platform.release()}",
        f"- load average before the run {os.getloadavg()[0]:.2f}; the load generator (wrk) runs on"
        " the same cores",
    ]


def measure_part(part: str, server: Contestant, bodies: tuple[Path, Path], args) -> dict | None:
    single, batch = bodies
    before = server.cpu_seconds()
    if part == "batch":
        figures = load.wrk(server.url, batch, server.token, 8, args.seconds)
    elif part == "rate":
        first = single.with_name("first.json")
        first.write_text(single.read_text().splitlines()[0])
        figures = load.fixed_rate(server.url, first, server.token, args.rate, args.seconds)
    elif part == "512":
        with load.slow_clients(server.port, SLOW_CLIENTS):
            figures = load.wrk(server.url, single, server.token, 512, args.seconds)
    else:
        figures = load.wrk(server.url, single, server.token, int(part), args.seconds)
    if figures is None:
        return None
    cpu = server.cpu_seconds() - before
    return {
        "rate": figures.rate,
        "p50": figures.p50_ms,
        "p99": figures.p99_ms,
        "max": figures.max_ms,
        "cpu_us": cpu / max(1, figures.requests) * 1e6,
        "trouble": figures.trouble,
    }


def measure(name: str, work: Path, args) -> dict:
    server = CONTESTANTS[name](work / name)
    print(f"{server.title}: starting", file=sys.stderr, flush=True)
    starts = []
    for attempt in range(STARTS):
        server.start()
        starts.append(server.start_seconds)
        if attempt < STARTS - 1:
            server.stop()
    result: dict = {"title": server.title, "start": statistics.median(starts)}
    try:
        server.check()
        bodies = server.write_bodies()
        result["idle"] = server.memory_mib()
        load.wrk(server.url, bodies[0], server.token, 8, WARM_UP_SECONDS)
        for part in args.parts:
            print(f"{server.title}: {part}", file=sys.stderr, flush=True)
            result[part] = measure_part(part, server, bodies, args)
        result["after"] = server.memory_mib()
        server.check()
    finally:
        server.stop()
        if isinstance(server, Crisol):
            server.close()
    return result


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(results: list[dict], part: str, of: float) -> str:
    """How Crisol (committed) stands to a peer in the same run."""
    own = next((r for r in results if r["title"] == Crisol.title), None)
    if own is None or not own.get(part) or not of:
        return "–"
    return f"{own[part]['rate'] / of:.2f}×"


def part_table(results: list[dict], part: str) -> str:
    rows_each = BATCH if part == "batch" else 1
    header = ["", "rows/s" if part == "batch" else "requests/s", "p50 ms", "p99 ms", "max ms"]
    header += ["CPU µs per request", "failed", "Crisol committed is"]
    rows = []
    for result in results:
        figures = result.get(part)
        if figures:
            row = [result["title"], number(figures["rate"] * rows_each), number(figures["p50"])]
            row += [number(figures["p99"]), number(figures["max"]), number(figures["cpu_us"])]
            row += [str(figures["trouble"]), ratio(results, part, figures["rate"])]
            rows.append(row)
    return table(header, rows)


def headline(part: str, rate: int) -> str:
    return {
        "512": f"512 connections and {SLOW_CLIENTS} slow clients, one row",
        "batch": f"8 connections, {BATCH} rows in one request",
        "rate": f"{rate} requests/s on 20 connections (hey)",
    }.get(part, f"{part} connection{'s' if part != '1' else ''}, one row")


def report(results: list[dict], args) -> str:
    pieces = ["## Machine", "\n".join(machine()), "## Memory and start"]
    rows = [
        [r["title"], number(r["start"]), number(r["idle"]), number(r["after"])] for r in results
    ]
    header = ["", "start to the first right answer, s", "PSS idle, MiB", "PSS after load, MiB"]
    pieces.append(table(header, rows))
    for part in args.parts:
        pieces += [f"## {headline(part, args.rate)}", part_table(results, part)]
    return "\n\n".join(pieces)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--servers", default=",".join(CONTESTANTS), help="default: %(default)s")
    parser.add_argument("--parts", default=",".join(PARTS), help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--rate", type=int, default=2000, help="requests/s of the part `rate`")
    parser.add_argument("--model", choices=("onnx", "svm"), default="onnx", help=Crisol.__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    args = parser.parse_args()
    args.servers = args.servers.split(",")
    args.parts = args.parts.split(",")
    for name in args.servers:
        if name not in CONTESTANTS:
            parser.error(f"no server is called {name}")
    for part in args.parts:
        if part not in PARTS:
            parser.error(f"no part is called {part}")
    return args


def main() -> None:
    args = arguments()
    Crisol.made_by = args.model
    work = Path(tempfile.mkdtemp(prefix="crisol-bench-"))
    work.chmod(0o755)
    try:
        results = [measure(name, work, args) for name in args.servers]
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(report(results, args))
    if args.json:
        args.json.write_text(json.dumps({"machine": machine(), "results": results}, indent=1))


if __name__ == "__main__":
    main()
