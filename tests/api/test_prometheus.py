"""/metrics, as Prometheus reads it."""

import re
import time
from collections import Counter

import pytest

from harness.server import Server

LINE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def read(server: Server) -> str:
    answer = server.http("viewer").get("/metrics", expect=200)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return answer.text


def test_the_text_is_well_formed(server: Server) -> None:
    families: dict[str, str] = {}
    series: Counter[str] = Counter()
    family = ""
    for line in read(server).splitlines():
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family not in families, f"{family} stands in two places"
            families[family] = kind
        elif not line.startswith("# HELP "):
            match = LINE.fullmatch(line)
            assert match, line
            float(match[3])
            assert re.sub(r"_(bucket|sum|count)$", "", match[1]) in (family, match[1])
            assert match[1].startswith(family), f"{line} does not belong to {family}"
            if match[2]:
                assert LABEL.sub("", match[2]).strip(",") == ""
            series[line.rpartition(" ")[0]] += 1
    assert max(series.values()) == 1
    assert families["crisol_http_request_seconds"] == "histogram"
    assert all(name.endswith("_total") for name, kind in families.items() if kind == "counter")
    assert all(name.startswith(("crisol_", "process_")) for name in families)


def test_requests_are_counted_by_status_and_timed_by_phase(server: Server) -> None:
    viewer = server.api("viewer")
    refused = server.metric("crisol_http_requests_total", status="404")
    answered = server.metric("crisol_http_requests_total", status="200")
    timed = server.metric("crisol_http_request_seconds_count", phase="total")
    for _ in range(5):
        viewer.get("/me", expect=200)
        viewer.get("/nothing", expect=404)
    # Each look at the metrics is a request too.
    assert server.metric("crisol_http_requests_total", status="404") == refused + 5
    assert server.metric("crisol_http_requests_total", status="200") >= answered + 5
    assert server.metric("crisol_http_request_seconds_count", phase="total") >= timed + 10
    for phase in ("read", "wait", "work", "total"):
        everything = server.metric("crisol_http_request_seconds_bucket", phase=phase, le="+Inf")
        count = server.metric("crisol_http_request_seconds_count", phase=phase)
        assert 0 < everything <= count


def test_the_process_is_described(server: Server) -> None:
    assert 1e6 < server.metric("process_resident_memory_bytes") < 1e9
    assert 5 < server.metric("process_open_fds") < 200
    assert abs(server.metric("process_start_time_seconds") - time.time()) < 60
    assert server.metric("process_cpu_seconds_total") > 0
    assert server.metric("crisol_build_info", version="0.1.0") == 1
    kind = {"sqlite": "sqlite", "postgres": "postgresql"}[server.store.kind]
    assert server.metric("crisol_store_info", kind=kind) == 1
    assert server.metric("crisol_work_running") == 1  # the one that answers this
    assert server.metric("crisol_http_connections") >= 1


def test_listeners_are_counted(server: Server) -> None:
    assert server.metric("crisol_event_listeners") == 0
    stream = server.api("viewer").get("/events", stream=True, expect=200)
    assert server.metric("crisol_event_listeners") == 1
    assert server.metric("crisol_http_streams") == 1
    stream.close()


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.serve(settings={"metrics.anonymous": "true"})
def test_a_setting_opens_the_metrics_to_anybody(server: Server) -> None:
    assert "crisol_build_info" in server.http().get("/metrics", expect=200).text


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_metrics_need_a_viewer(server: Server) -> None:
    server.http().get("/metrics", expect=401)
    server.http("service").get("/metrics", expect=403)
