"""The fast lane is left for what is rendered and nothing else; whichever lane is taken, the files are Copier's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import copier
import pytest

from goldenpath import engine
from goldenpath.engine import Answered, Version
from tests.releases import NEWEST, releases
from tests.support import commit_all, git
from tests.update.small import files_of
from tests.update.story import BASICS, Story

LOOP = "{% yield item from items %}{{ item }}{% endyield %}.txt.jinja"
ITEMS = "items: {type: yaml, default: [a, b]}\nname: {type: str, default: demo}\n"
FOLDER = "_subdirectory: project\n"
CHOSEN = "_subdirectory: \"{{ 'one' if name == 'demo' else 'two' }}\"\n"
ANSWERS = next(iter(BASICS))


def opened(template: Path, project: Path) -> tuple[Version, Answered]:
    source = engine.source(str(template), project)
    version = engine.open_version(source, source.commit("HEAD"), trust=True)
    return version, version.answer(
        project, {"_src_path": str(template)}, {}, ".copier-answers.yml", defaults=True
    )


def check(story: Story, tmp_path: Path, lane: str) -> None:
    """The lane is this one, and its files are those of `copier copy`."""
    commit_all(story.template, "All", "v1.0.0")
    version, answered = opened(story.template, story.project)
    assert ("plain" if version.why_plain(answered) else "fast") == lane, version.why_plain(answered)
    tree = version.render(answered, "copy")
    copier.run_copy(str(story.template), tmp_path / "copied", defaults=True, quiet=True, unsafe=True)
    copied = files_of(tmp_path / "copied")
    assert {path: file.content for path, file in tree.files.items()} == {
        path: each[1] for path, each in copied.items()
    }
    modes = {path: bool(file.mode & 0o111) for path, file in tree.files.items() if file.mode != 0o120000}
    assert modes == {path: bool((tmp_path / "copied" / path).stat().st_mode & 0o100) for path in modes}
    for path, file in tree.files.items():
        assert (file.mode == 0o120000) == (tmp_path / "copied" / path).is_symlink()


def put(story: Story, files: dict[str, str | bytes], questions: str) -> None:
    for path, content in files.items():
        (story.template / path).parent.mkdir(parents=True, exist_ok=True)
        (story.template / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    (story.template / "copier.yml").write_text(questions)


FAST: dict[str, tuple[str, dict[str, str | bytes]]] = {
    "a word in a name": (ITEMS, {"yield_curve.py": "x\n", "endyield.txt.jinja": "{{ name }}\n"}),
    "a word in a text": (ITEMS, {"a.txt": "{% yield %} {% endyield %}\n", "b.py": "# endyield\n"}),
    "a name that is no tag": (ITEMS, {"{{ 'yield' }}_{{ name }}.txt": "x\n"}),
    "a loop elsewhere": (
        FOLDER + ITEMS,
        {f"project/{ANSWERS}": "{}", "project/a.txt": "x\n", f"other/{LOOP}": "x"},
    ),
    "a loop of another answer": (CHOSEN + ITEMS, {"one/a.txt": "x\n", f"two/{LOOP}": "x"}),
    "every file is Jinja": (
        '_templates_suffix: ""\n' + ITEMS,
        {"a.txt": "{{ name }}\n", "b.bin": b"\xff\xfe{{ name }}", "c.txt": "\r\n{{ name }}\r\n"},
    ),
    "an extension of Jinja's own": (
        "_jinja_extensions: [jinja2.ext.do]\n" + ITEMS,
        {"a.txt.jinja": "{% do [] %}x\n"},
    ),
    "an extension of somebody's": (
        "_jinja_extensions: [jinja2.ext.loopcontrols, cookiecutter_like.Shout]\n" + ITEMS,
        {"a.txt.jinja": "{{ name | shout }} {{ shouted }}\n", "{{ name | shout }}.txt": "x\n"},
    ),
    "an include": (FOLDER + ITEMS, {"project/a.jinja": "{% include 'parts/b' %}", "parts/b": "{{ name }}\n"}),
}
PLAIN: dict[str, tuple[str, dict[str, str | bytes]]] = {
    "a loop": (ITEMS, {LOOP: "{{ item }}\n"}),
    "a loop in a folder's name": (ITEMS, {LOOP.removesuffix(".txt.jinja") + "/a.txt.jinja": "{{ item }}\n"}),
    "a loop in other brackets": (
        "_envops: {block_start_string: '[%', block_end_string: '%]'}\n" + ITEMS,
        {"[% yield item from items %]{{ item }}[% endyield %].txt": "x\n"},
    ),
    "a loop of this answer": (CHOSEN + ITEMS, {f"one/{LOOP}": "{{ item }}\n", "two/a.txt": "x\n"}),
    "tasks": ("_tasks: ['echo x > made.txt']\n" + ITEMS, {"a.txt": "x\n"}),
}


@pytest.fixture
def shout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extension as users install it, one that adds a filter and a variable that no text declares."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/cookiecutter_like.py").write_text(
        "from jinja2.ext import Extension\n"
        "class Shout(Extension):\n"
        "    def __init__(self, environment):\n"
        "        super().__init__(environment)\n"
        "        environment.filters['shout'] = str.upper\n"
        "        made = environment.context_class\n"
        "        class Context(made):\n"
        "            def resolve_or_missing(self, key):\n"
        "                if key == 'shouted':\n"
        "                    return self.parent.get('name', '').upper()\n"
        "                return super().resolve_or_missing(key)\n"
        "        environment.context_class = Context\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


@pytest.mark.parametrize("kind", FAST)
def test_what_stays_in_the_fast_lane(kind: str, story: Story, tmp_path: Path, shout: None) -> None:
    questions, files = FAST[kind]
    put(story, {ANSWERS: BASICS[ANSWERS], **files}, questions)
    check(story, tmp_path, "fast")


@pytest.mark.parametrize("kind", PLAIN)
def test_what_leaves_it(kind: str, story: Story, tmp_path: Path) -> None:
    questions, files = PLAIN[kind]
    put(story, {ANSWERS: BASICS[ANSWERS], **files}, questions)
    check(story, tmp_path, "plain")


def to_a_file(template: Path) -> None:
    (template / "project/link.txt").symlink_to("a.txt")
    (template / "project/link.sh").symlink_to("run.sh")


def to_a_file_of_jinja(template: Path) -> None:
    (template / "project/link.txt.jinja").symlink_to("../outside/part")


def to_a_folder(template: Path) -> None:
    (template / "project/folder").symlink_to("../outside")


def outside_of_the_folder(template: Path) -> None:
    (template / "outside/folder").symlink_to("..")
    (template / "outside/gone").symlink_to("nowhere")


def module_outside(template: Path) -> None:
    git(
        template,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(template),
        "outside/module",
    )


LINKS = [
    (to_a_file, "fast"),
    (to_a_file_of_jinja, "fast"),
    (outside_of_the_folder, "fast"),
    (to_a_folder, "plain"),
]


@pytest.mark.parametrize("kept", [False, True], ids=["followed", "kept"])
@pytest.mark.parametrize(("make", "lane"), LINKS)
def test_links(make: Callable[[Path], None], lane: str, kept: bool, story: Story, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"project/{ANSWERS}": BASICS[ANSWERS], "outside/part": "{{ name }}\n"}
    put(
        story,
        files | {"project/a.txt": "x\n", "project/run.sh": "x\n"},
        FOLDER + f"_preserve_symlinks: {kept}\n" + ITEMS,
    )
    (story.template / "project/run.sh").chmod(0o755)
    make(story.template)
    check(story, tmp_path, "fast" if kept else lane)


def test_a_submodule_elsewhere(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COUNT": "1", "KEY_0": "protocol.file.allow", "VALUE_0": "always"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    put(story, {f"project/{ANSWERS}": BASICS[ANSWERS], "project/a.txt": "x\n"}, FOLDER + ITEMS)
    commit_all(story.template, "All")
    allowed = ("-c", "protocol.file.allow=always")
    part = tmp_path / "part"
    part.mkdir()
    (part / "file").write_text("x\n")
    commit_all(part, "All")
    git(story.template, *allowed, "submodule", "--quiet", "add", str(part), "outside/module")
    commit_all(story.template, "A module elsewhere", "v1.0.0")
    version, answered = opened(story.template, story.project)
    assert version.why_plain(answered) is None
    git(story.template, *allowed, "submodule", "--quiet", "add", str(part), "project/module")
    commit_all(story.template, "A module in the project", "v1.1.0")
    engine.forget()
    version, answered = opened(story.template, story.project)
    assert version.why_plain(answered) == "a submodule"


@pytest.mark.parametrize("lane", ["fast", "plain"])
def test_a_loop_inside_a_file_is_refused_in_both(
    lane: str, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(story, {**BASICS, "a.txt": "x\n"}, ITEMS)
    commit_all(story.template, "All", "v1.0.0")
    story.start()
    text = "{% yield item from items %}{{ item }}{% endyield %}\n"
    story.release("v2.0.0", {"a.txt": None, "b.txt.jinja": text, "c.txt.jinja": "{{ name }}\n"})
    monkeypatch.setenv("GOLDENPATH_LANE", lane)
    done = story.update()
    assert done.code == 1
    assert "contains a yield tag" in done.json["error"]["message"]
    assert story.status() == ""


def test_our_own_template_is_rendered_in_memory(history: Path, tmp_path: Path) -> None:
    """All releases and the present one: what the figures are promised for."""
    source = engine.source(str(history), tmp_path)
    for tag in (*(release.tag for release in releases()), NEWEST):
        version = engine.open_version(source, source.commit(tag), trust=False)
        answered = version.answer(tmp_path, {}, {}, ".copier-answers.yml", defaults=True)
        assert version.why_plain(answered) is None, tag
        assert os.environ.get("GOLDENPATH_LANE") is None
