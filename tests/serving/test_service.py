"""The service as operators meet it: it starts lean, says what it serves, counts right and ends without losing a request."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.serving.repository import Repository
from tests.serving.test_refusals import GOOD, MODEL
from tests.serving.wire import Service, head, receive
from tests.support import run, started, wait_for

# What is only for training, and what would make the image twice as large.
HEAVY = ("pandas", "sklearn", "scipy", "skl2onnx", "onnx", "pandera", "matplotlib", "pyarrow", "dvc")


def counted(service: Service) -> Counter[tuple[str, str]]:
    """Requests by route and status, as /metrics has them."""
    text = service.ask("GET", "/metrics").body.decode()
    found = re.findall(r'^requests_total\{route="([^"]*)",status="(\d+)"\} (\S+)$', text, re.MULTILINE)
    return Counter({(route, status): int(float(count)) for route, status, count in found})


def timed(service: Service, route: str) -> tuple[int, float]:
    """How many requests of a route were timed, and their seconds together."""
    text = service.ask("GET", "/metrics").body.decode()
    (count,) = re.findall(rf'^request_seconds_count{{route="{route}"}} (\S+)$', text, re.MULTILINE)
    (seconds,) = re.findall(rf'^request_seconds_sum{{route="{route}"}} (\S+)$', text, re.MULTILINE)
    return int(float(count)), float(seconds)


@pytest.mark.parametrize(
    "start", ["online import serve; serve.create_app(Path(sys.argv[1]))", "embedded import embed"]
)
def test_answering_imports_nothing_of_training(classification: Repository, start: str) -> None:
    code = f"import json, sys; from pathlib import Path; from goldenpath_runtime.{start}; print(json.dumps([*sys.modules]))"
    loaded = set(json.loads(classification.python("-c", code, str(classification.model))))
    assert {"onnxruntime", "goldenpath_runtime.inference"} <= loaded
    assert loaded.isdisjoint(HEAVY)


def test_metrics_are_right_under_concurrency(service: Service) -> None:
    requests = [
        ("/predict", {"rows": [GOOD]}, "200"),
        ("/predict", {"rows": []}, "422"),
        ("/nothing", {}, "404"),
    ]
    service.post(*requests[0][:2])
    before, (count, seconds) = counted(service), timed(service, "/predict")
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda i: service.post(*requests[i % 3][:2]).status, range(600)))
    assert Counter(answers) == {200: 200, 422: 200, 404: 200}
    difference = counted(service) - before
    routes = {("/predict", "200"): 200, ("/predict", "422"): 200, ("other", "404"): 200}
    assert {key: value for key, value in difference.items() if key[0] != "/metrics"} == routes
    after, more = timed(service, "/predict")
    assert after - count == 400
    assert 0 < more - seconds < 60


def test_answers_under_concurrency_are_not_mixed_up(classification: Repository, service: Service) -> None:
    rows = classification.rows

    def ask(i: int) -> object:
        return service.post("/predict", {"rows": [rows[i % len(rows)]]}).json()["predictions"]

    expected = [ask(i) for i in range(len(rows))]
    with ThreadPoolExecutor(16) as clients:
        found = list(clients.map(ask, range(len(rows) * 4)))
    assert found == expected * 4


def test_the_model_and_its_lineage_are_told(classification: Repository, service: Service) -> None:
    told, info = service.ask("GET", "/model").json(), classification.info
    assert told == info
    assert {"data_sha256", "sources_sha256", "lock_sha256", "commit", "trained_at"} <= set(told["lineage"])
    assert re.fullmatch("[0-9a-f]{64}", told["lineage"]["data_sha256"])
    assert service.ask("GET", "/ready").json() == {
        "status": "ready",
        "model": "my_model",
        "version": info["version"],
    }
    assert service.post("/predict", {"rows": [GOOD]}).json()["version"] == info["version"]
    text = service.ask("GET", "/metrics").body.decode()
    data = info["lineage"]["data_sha256"][:12]
    assert f'model_info{{data="{data}",name="my_model",version="{info["version"]}"}} 1.0' in text


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.mark.parametrize("told", ["make alone", "the whole group"])
def test_sigterm_ends_it_after_the_requests_under_way(
    classification: Repository, tmp_path: Path, told: str
) -> None:
    port, body = free_port(), json.dumps({"rows": [GOOD]}).encode()
    service = Service(f"http://127.0.0.1:{port}")
    command = ["make", "serve", f"PORT={port}"]
    with (
        (tmp_path / "log").open("w") as log,
        started(command, classification.folder, classification.env, log) as process,
    ):
        wait_for(f"{service.address}/ready")
        with service.connect() as busy, service.connect() as idle:
            busy.sendall(head("/predict", f"Content-Length: {len(body)}") + body[:20])
            idle.sendall(b"GET /health HTTP/1.1\r\nHost: service\r\n\r\n")
            assert receive(idle).status == 200
            (os.kill if told == "make alone" else os.killpg)(process.pid, signal.SIGTERM)
            closed(port)
            assert process.poll() is None, "ended with a request under way"
            busy.sendall(body[20:])
            assert receive(busy).json()["predictions"]
        process.wait(timeout=15)
        left = subprocess.run(
            ["pgrep", "--session", str(process.pid)], capture_output=True, text=True, check=False
        )
        assert left.stdout == "", "a process is left"
    assert "Traceback" not in (tmp_path / "log").read_text()


def closed(port: int) -> None:
    """Return when nobody listens on the port any more."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    raise TimeoutError(f"port {port} is still open")


def test_ctrl_c_ends_it_without_a_traceback(classification: Repository, tmp_path: Path) -> None:
    port = free_port()
    with (tmp_path / "log").open("w") as log:
        command = [
            str(classification.folder / ".venv/bin/python"),
            "-m",
            "goldenpath_runtime",
            "serve",
            "--port",
            str(port),
        ]
        with started(command, classification.folder, classification.env, log) as process:
            wait_for(f"http://127.0.0.1:{port}/ready")
            process.send_signal(signal.SIGINT)
            process.wait(timeout=15)
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_port_in_use_is_named(classification: Repository, service: Service) -> None:
    port = service.address.rpartition(":")[2]
    told = run(["make", "serve", f"PORT={port}"], classification.folder, classification.env, expect=2)
    assert "address already in use" in told
    assert port in told
    assert "Traceback" not in told


@pytest.mark.parametrize("verb", [["serve"], ["score", "rows.csv", "scores.csv"]])
@pytest.mark.parametrize("fault", ["nothing", "other bytes", "no JSON"])
def test_a_model_that_is_none_is_refused(
    classification: Repository, tmp_path: Path, verb: list[str], fault: str
) -> None:
    (tmp_path / "model.json").write_bytes((classification.model / "model.json").read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"other bytes")
    if fault == "no JSON":
        (tmp_path / "model.json").write_text("{")
    folder = tmp_path / "nothing" if fault == "nothing" else tmp_path
    python = [str(classification.folder / ".venv/bin/python"), "-m", "goldenpath_runtime"]
    told = run([*python, *verb, "--folder", str(folder)], classification.folder, classification.env, expect=1)
    assert told.startswith(f"error: {folder}: no model to ")
    assert "make pipeline" in told
    assert "Traceback" not in told


def test_the_container_s_setting_names_the_folder(classification: Repository, tmp_path: Path) -> None:
    """As the image does: MODEL_DIR, from a folder that holds no project."""
    port = free_port()
    python = str(classification.folder / ".venv/bin/python")
    env = {**classification.env, "MODEL_DIR": str(classification.model)}
    command = [python, "-m", "goldenpath_runtime", "serve", "--port", str(port)]
    with (tmp_path / "log").open("w") as log, started(command, tmp_path, env, log):
        wait_for(f"http://127.0.0.1:{port}/ready")
        assert Service(f"http://127.0.0.1:{port}").ask("GET", MODEL).status == 200
