"""Any template, not only ours: what the fast lane leaves to Copier itself, what needs trust, and where templates are."""

from __future__ import annotations

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from goldenpath import engine
from tests.support import commit_all, git
from tests.update.story import BASICS, Story, numbered

NAMED = "name: {type: str, default: demo}\n"


def begin(story: Story, files: dict[str, str], questions: str = NAMED) -> None:
    story.release("v1.0.0", {**BASICS, **files}, questions)
    story.start()


def test_links_stay_links(story: Story) -> None:
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, "_preserve_symlinks: true\n" + NAMED)
    (story.template / "link").symlink_to("a.txt")
    commit_all(story.template, "A link", "v1.1.0")
    story.start()
    (story.template / "link").unlink()
    (story.template / "link").symlink_to("b.txt")
    (story.template / "more").symlink_to("a.txt")
    story.release("v2.0.0", {"b.txt": numbered()})
    done = story.update()
    assert (done.code, done.json["lane"]) == (0, "fast")
    assert {name: str((story.project / name).readlink()) for name in ("link", "more")} == {
        "link": "b.txt",
        "more": "a.txt",
    }
    assert story.run("update", "--abort").code == 0
    assert str((story.project / "link").readlink()) == "a.txt"
    assert story.status() == ""


def test_a_loop_over_file_names(story: Story) -> None:
    each = "{% yield item from items %}{{ item }}{% endyield %}.txt.jinja"
    begin(story, {each: "{{ item }}\n"}, "items: {type: yaml, default: [a, b]}\n")
    done = story.update("--data", "items=[b, c]")
    assert (done.code, done.json["lane"]) == (0, "plain")
    assert done.kinds() == {".copier-answers.yml": "update", "a.txt": "remove", "c.txt": "add"}


def test_data_from_another_answers_file(story: Story) -> None:
    asked = '_external_data: {base: base.yml}\nname: {type: str, default: "{{ _external_data.base.name }}"}\n'
    story.release("v1.0.0", {**BASICS, "a.txt.jinja": "{{ name }}\n"}, asked)
    story.project.mkdir()
    (story.project / "base.yml").write_text("name: told elsewhere\n")
    story.start()
    assert story.read("a.txt") == "told elsewhere\n"
    story.release("v2.0.0", {"a.txt.jinja": "{{ name }}, newer\n"})
    assert story.update().code == 0
    assert story.read("a.txt") == "told elsewhere, newer\n"


@pytest.mark.parametrize(
    ("feature", "named", "lane"),
    [
        ("_tasks: ['echo ran >> tasks.txt']\n", "task: echo ran >> tasks.txt", "plain"),
        ("_jinja_extensions: [jinja2.ext.do]\n", "Jinja extension: jinja2.ext.do", "fast"),
    ],
    ids=["tasks", "extensions"],
)
def test_a_template_that_runs_code_needs_trust(
    feature: str, named: str, lane: str, story: Story, tmp_path: Path
) -> None:
    begin(story, {"a.txt": numbered()}, feature + NAMED)
    story.edit({"a.txt": numbered(l2="mine")})
    story.release("v2.0.0", {"a.txt": numbered(l11="theirs")})
    refused = story.update()
    assert refused.code == 1
    assert named in refused.json["error"]["message"]
    assert "--trust" in refused.json["error"]["hint"]
    assert story.status() == ""
    done = story.update("--trust")
    assert (done.code, done.json["lane"]) == (0, lane)
    assert story.read("a.txt") == numbered(l2="mine", l11="theirs")
    git(story.project, "reset", "--quiet", "--hard")
    (tmp_path / "settings.yml").write_text(f"trust: ['{story.template}']\n")
    engine.forget()
    assert story.update().code == 0


def test_written_once(story: Story) -> None:
    begin(
        story,
        {"once.txt": "one\n", "gone.txt": "one\n"},
        "_skip_if_exists: ['once.txt', 'gone.txt']\n" + NAMED,
    )
    story.edit({"once.txt": "mine\n", "gone.txt": None})
    story.release("v2.0.0", {"once.txt": "two\n", "gone.txt": "two\n"})
    assert story.update().kinds() == {".copier-answers.yml": "update", "gone.txt": "add"}


def test_executable_files(story: Story) -> None:
    begin(story, {"run.sh": "echo one\n", "mine.sh": "echo one\n"})
    (story.project / "mine.sh").chmod(0o755)
    commit_all(story.project, "Mine runs")
    (story.template / "run.sh").chmod(0o755)
    story.release("v2.0.0", {"mine.sh": "echo two\n"})
    assert story.update().code == 0
    assert [(story.project / name).stat().st_mode & 0o111 for name in ("run.sh", "mine.sh")] == [0o111, 0o111]
    assert story.read("mine.sh") == "echo two\n"


def test_ends_of_lines_are_those_of_the_project(story: Story) -> None:
    begin(story, {"a.txt": numbered(), ".gitattributes": "*.txt text eol=crlf\n"})
    git(story.project, "rm", "--quiet", "--cached", "-r", ".")
    git(story.project, "reset", "--quiet", "--hard")
    assert "\r\n" in (story.project / "a.txt").read_bytes().decode()
    story.edit({"a.txt": numbered(l2="mine").replace("\n", "\r\n")})
    story.release("v2.0.0", {"a.txt": numbered(l11="theirs")})
    assert story.update().code == 0
    assert (story.project / "a.txt").read_bytes().decode() == numbered(l2="mine", l11="theirs").replace(
        "\n", "\r\n"
    )
    assert git(story.project, "diff", "--numstat", "--", "a.txt") == "1\t1\ta.txt\n"


def test_a_waived_path_is_left_alone(story: Story) -> None:
    begin(story, {"ci/check.yml": numbered(), "ci/old.yml": numbered()})
    waiver = "{{path: {}, reason: built elsewhere, owner: platform, expires: {}}}"
    story.edit(
        {
            "ci/check.yml": numbered(l2="mine"),
            ".goldenpath.yml": f"waivers:\n  - {waiver.format('/ci/check.yml', '2999-12-31')}\n"
            f"  - {waiver.format('/ci/old.yml', '2001-01-31')}\n",
        }
    )
    story.release("v2.0.0", {"ci/check.yml": numbered(l11="theirs"), "ci/old.yml": numbered(l11="theirs")})
    done = story.update()
    assert done.kinds() == {".copier-answers.yml": "update", "ci/check.yml": "keep", "ci/old.yml": "update"}
    assert "built elsewhere (platform, until 2999-12-31)" in done.text
    assert done.json["notes"] == ["A waiver is over since 2001-01-31: /ci/old.yml"]
    assert story.read("ci/check.yml") == numbered(l2="mine")


def test_new_seeds_are_offered(story: Story) -> None:
    seeds = "seeds: {type: yaml, when: false, default: [/mine.txt, /late.txt]}\n"
    left_out = "_exclude: [copier.yml, .git, \"{% if _copier_operation == 'update' %}{{ seeds | join('\\n') }}{% endif %}\"]\n"
    begin(story, {"mine.txt": "seed\n", "owned.txt": "one\n"}, left_out + seeds + NAMED)
    story.edit({"mine.txt": "mine\n"})
    story.release("v2.0.0", {"mine.txt": "newer seed\n", "late.txt": "new seed\n", "owned.txt": "two\n"})
    copiers = story.copy("copiers")
    copiers.by_copier()
    assert not (copiers.project / "late.txt").exists()
    done = story.update()
    assert done.kinds() == {".copier-answers.yml": "update", "late.txt": "add", "owned.txt": "update"}
    assert {change["path"]: change["owner"] for change in done.json["changes"]}["late.txt"] == "seed"
    assert story.read("mine.txt") == "mine\n"


def test_diff_says_how_many_seeds_it_leaves_aside(story: Story) -> None:
    seeds = "seeds: {type: yaml, when: false, default: [/mine.txt, /late.txt]}\n"
    left_out = "_exclude: [copier.yml, .git, \"{% if _copier_operation == 'update' %}{{ seeds | join('\\n') }}{% endif %}\"]\n"
    begin(story, {"mine.txt": "seed\n", "owned.txt": "one\n"}, left_out + seeds + NAMED)
    story.edit({"mine.txt": "mine\n"})
    story.release("v2.0.0", {"late.txt": "new seed\n", "owned.txt": "two\n"})
    told = story.run("diff").text
    assert "mine.txt" not in told
    *_, command = told.splitlines()[-1].split("type: ")
    assert told.splitlines()[-1].startswith(
        "Not compared, as they are written once and then yours: 2; type: "
    )
    assert command.split()[:3] == ["goldenpath", "diff", "--seeds"]
    assert story.run("diff", "--json").json["seeds"] == {
        "v1.0.0": ["mine.txt"],
        "v2.0.0": ["late.txt", "mine.txt"],
    }
    shown = story.run("diff", "--seeds").text
    assert "-seed\n+mine\n" in shown
    assert "-new seed\n" in shown
    assert "Not compared" not in shown
    only = story.run("diff", "--to", "v1.0.0").text
    assert only.splitlines()[-1].split("type: ")[0].endswith(" 1; ")
    assert "--seeds --to v1.0.0" in only


def moved(story: Story, address: str) -> None:
    """Have the project know its template at another address only."""
    answers = story.read(".copier-answers.yml").replace(str(story.template), address)
    story.edit({".copier-answers.yml": answers})
    shutil.rmtree(story.template)


def check_update(story: Story, address: str) -> None:
    done = story.update()
    assert done.code == 0
    assert story.read("a.txt") == numbered(l2="mine", l11="theirs")
    assert f"_src_path: {address}" in story.read(".copier-answers.yml")


@pytest.fixture
def bare(story: Story, tmp_path: Path) -> Path:
    """The template as a bare repository; the project is one release behind, and edited."""
    begin(story, {"a.txt": numbered()})
    story.edit({"a.txt": numbered(l2="mine")})
    story.release("v2.0.0", {"a.txt": numbered(l11="theirs")})
    git(tmp_path, "clone", "--quiet", "--bare", str(story.template), str(tmp_path / "bare.git"))
    return tmp_path / "bare.git"


def test_a_template_by_path(story: Story, bare: Path) -> None:
    check_update(story, str(story.template))


def test_a_template_by_file_url(story: Story, bare: Path) -> None:
    moved(story, f"git+file://{bare}")
    check_update(story, f"git+file://{bare}")


def test_a_template_in_a_bundle(story: Story, bare: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "template.bundle"
    git(bare, "bundle", "create", "--quiet", str(bundle), "--all")
    moved(story, str(bundle))
    check_update(story, str(bundle))


def test_a_template_by_ssh(story: Story, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way over a real server is ssh's; here its command runs what would run there."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nwhile [ "$1" != git@host ]; do shift; done\nshift\nexec sh -c "$*"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    moved(story, f"git@host:{bare}")
    check_update(story, f"git@host:{bare}")


def test_a_template_by_http(story: Story, bare: Path) -> None:
    git(bare, "update-server-info")
    handler = partial(SimpleHTTPRequestHandler, directory=str(bare.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/bare.git"
        moved(story, address)
        check_update(story, address)
        server.shutdown()
