"""The examples in deploy/ do what they are there for."""

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from harness import Server, wait_until
from harness.processes import die_with_parent
from harness.server import ROOT
from harness.wait import Port

sqlite_only = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
WHOLE = """daemon off; pid {folder}/pid; error_log stderr; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/site.conf;
}}
"""


def certificate(folder: Path) -> None:
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=crisol"]
    name = ["-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "pem")]
    subprocess.run(["openssl", *words, *name, *files], check=True, capture_output=True)


@contextmanager
def nginx(folder: Path, crisol: int) -> Iterator[str]:
    """nginx with the site of deploy/, but for ports and certificate."""
    port = Port()
    certificate(folder)
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    for old, new in {
        "127.0.0.1:8080": f"127.0.0.1:{crisol}",
        "listen 443 ssl": f"listen 127.0.0.1:{port.number} ssl",
        "/etc/ssl/crisol.example.org.pem": str(folder / "pem"),
        "/etc/ssl/private/crisol.example.org.key": str(folder / "key"),
    }.items():
        assert old in site
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(WHOLE.format(folder=folder))
    command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(command, stderr=log, preexec_fn=die_with_parent)
    try:
        url = f"https://127.0.0.1:{port.number}"
        wait_until(lambda: answers(url), 10)
        yield url
    finally:
        running.terminate()
        running.wait(timeout=10)
        port.release()


def answers(url: str) -> bool:
    try:
        ssl.get_server_certificate(("127.0.0.1", int(url.rsplit(":", 1)[1])))
    except OSError:
        return False
    return True


@pytest.fixture
def client() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False  # the certificate is the test's own
        yield session


@sqlite_only
@pytest.mark.skipif(NGINX is None, reason="nginx is not installed (dev/setup bench)")
def test_nginx_passes_everything_on(
    server_factory: Callable[..., Server], client: requests.Session, tmp_path: Path
) -> None:
    server = server_factory(settings={"http.behind_proxy": "true"})
    client.headers["Authorization"] = f"Bearer {server.token('developer')}"
    rows = "x,y\n" + "".join(f"{i},{i * 2}\n" for i in range(300_000))
    folder = tmp_path / "nginx"
    folder.mkdir()
    client.verify = str(folder / "pem")
    with nginx(folder, server.port) as url:
        api = f"{url}/api/v1"
        assert client.get(f"{url}/v2/health/ready", timeout=10).json() == {"ready": True}
        upload = client.post(
            f"{api}/datasets", data={"name": "d"}, files={"file": rows.encode()}, timeout=60
        )
        assert upload.status_code == 201, upload.text
        with client.get(f"{api}/events", stream=True, timeout=10) as events:
            lines = events.iter_lines()
            assert b"event: hello" in [next(lines) for _ in range(3)]
            client.post(f"{api}/models", json={"name": "m", "task": "other"}, timeout=10)
            assert any(line == b"event: model" for line in lines)
        server.login("admin").close()
        name = {"name": "admin", "password": "correct horse battery"}
        session = client.post(f"{api}/session", json=name, timeout=10)
        assert "Secure" in session.headers["Set-Cookie"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = (ROOT / "deploy" / "crisol.service").read_text()
    path = tmp_path / "crisol.service"
    assert "/usr/local/bin/crisol " in unit
    path.write_text(unit.replace("/usr/local/bin/crisol ", "/bin/true "))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "crisol.service" in line]
    assert done.returncode == 0, done.stderr
    assert complaints == []


@pytest.mark.skipif(not shutil.which("meson"), reason="meson is not here")
def test_an_installed_program_finds_what_it_came_with(tmp_path: Path) -> None:
    command = ["meson", "install", "-C", str(ROOT / "build"), "--no-rebuild", "--quiet"]
    subprocess.run([*command, "--destdir", str(tmp_path)], check=True, capture_output=True)
    program = tmp_path / "usr" / "local" / "bin" / "crisol"
    done = subprocess.run(
        [str(program), "demo", "--check", "--listen", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every step held" in done.stdout
