"""The example configuration in `deploy/`, in a real nginx: the page and a file of several pieces go through it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

# It is often where only administrators look.
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
AROUND = """
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
daemon off;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{site}
}}
"""


@pytest.fixture
def nginx(root, start_server, tmp_path):
    """The app as it is reached through nginx, and nginx's folder."""
    if NGINX is None:
        pytest.skip("no nginx here: `apt-get install nginx-light` brings one")
    app = start_server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site = (root / "deploy" / "nginx.conf").read_text("utf-8")
    for ours, here in (("listen 80;", f"listen 127.0.0.1:{port};"), ("127.0.0.1:8501", urlsplit(app.url).netloc)):
        assert site.count(ours) == 1
        site = site.replace(ours, here)
    folder = tmp_path / "nginx"
    folder.mkdir()
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, site=site), "utf-8")
    told = folder / "told"
    with told.open("wb") as stderr:
        process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=stderr)
    try:
        through = replace(app, url=f"http://127.0.0.1:{port}")
        until = time.monotonic() + 60
        while not healthy(through.url):
            assert process.poll() is None and time.monotonic() < until, told.read_text()
            time.sleep(0.1)
        yield through, folder
    finally:
        process.terminate()
        process.wait(10)


def healthy(url):
    with suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
        return answer.read() == b"ok"
    return False


def status(url, **options):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_page_and_a_large_file_through_nginx(nginx, new_page, visit, tmp_path):
    app, folder = nginx
    file = tmp_path / "deals.csv"
    wide = "x" * 4000
    rows = "".join(f"D{i},Won,{i},01/02/2026,03/03/2026,{wide}{i}\n" for i in range(5000))
    file.write_text("Deal ID,Stage,Amount,Created,Closed,Notes\n" + rows, "utf-8")
    page = visit(new_page(server=app), "/import")
    page.set_input_files("input[type=file]", str(file))
    expect(page.locator(".st-key-import_confirm button")).to_be_visible()
    [received] = [path for path in (app.home / "receiving").rglob("*") if path.is_file()]
    assert received.read_bytes() == file.read_bytes()
    asked = (folder / "access.log").read_text()
    assert asked.count("PUT /api/upload") == 3
    assert "buffered to a temporary file" not in (folder / "error.log").read_text()

    assert status(f"{app.url}/_stcore/metrics") == 404
    asked_for = b'{"name": "deals.csv", "size": 1}'
    assert status(f"{app.url}/api/upload", data=b"x" * (17 * 2**20), method="PUT") == 413
    assert status(f"{app.url}/api/upload", data=asked_for, method="POST", headers={"Origin": "http://evil.test"}) == 403
    assert status(f"{app.url}/api/upload", data=asked_for, method="POST", headers={"Origin": app.url}) == 404
