"""Plain `copier update`: nothing changes without reason, options come and go, and the user's files stay the user's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from tests.questionnaire import ROOT, choices, questions
from tests.support import Files, commit_all, git, mask, read_tree, render
from tests.template.cases import CASES
from tests.template.layer_rules import layers
from tests.template.output_rules import ownership
from tests.update.scratch import changes, conflicts, new_project, template_repository, update

OLD, NEW = "v0.1.0", "v0.1.1"
OWNED, SEED, SHARED = "dvc.yaml", "params.yaml", "pyproject.toml"
# Options that decide which files there are. What a model answers does not change in a repository's life.
SWITCHED = sorted({question for question, _ in layers(ROOT).values()} - {"task"} | {"placement"})


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return template_repository(tmp_path / "template", OLD)


# A sample on every push, all of them with the live ones.
SOME_CASES = {"base", "minimal"}
SOME_OPTIONS = {"ci", "registry", "placement"}


def sampled(names: Iterable[str], some: set[str]) -> list[pytest.ParameterSet]:
    """All names, those that are in no sample with the mark of what takes long."""
    return [pytest.param(name, marks=[] if name in some else [pytest.mark.live]) for name in names]


@pytest.mark.parametrize("case", sampled(CASES, SOME_CASES))
def test_a_release_without_changes_changes_nothing(case: str, template: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", template, OLD, **CASES[case])
    commit_all(template, "Nothing new", NEW)
    update(project)
    assert changes(project) == []
    assert NEW in (project / ".copier-answers.yml").read_text()


@pytest.mark.parametrize("question", sampled(SWITCHED, SOME_OPTIONS))
def test_an_option_can_be_switched_on_and_off_and_on(question: str, template: Path, tmp_path: Path) -> None:
    offered = choices(questions()[question])
    settings = [[offered[0]], offered, [offered[0]]] if question == "serve" else [*offered, offered[0]]
    project = new_project(tmp_path / "project", template, OLD, **{question: settings[0]})
    first = read_tree(project)
    for value in settings[1:]:
        update(project, **{question: value})
        assert conflicts(project) == []
        commit_all(project, f"{question}: {value}")
        answers = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))
        fresh = render({name: answer for name, answer in answers.items() if name in questions()})
        assert _template_part(read_tree(project)) == _template_part(fresh), value
    assert read_tree(project) == first


def _template_part(files: Files) -> Files:
    """All but the seeds, which an update must not touch, and the lines that name the template."""
    owned = {path: text for path, text in files.items() if ownership(path, "my_model") != "seed"}
    return {**owned, ".copier-answers.yml": mask(files[".copier-answers.yml"])}


def test_seeds_stay_as_the_user_has_them(template: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", template, OLD)
    seeds = [path for path in read_tree(project) if ownership(path, "my_model") == "seed"]
    edited, deleted = seeds[::2], seeds[1::2]
    assert edited
    assert deleted
    for path in edited:
        (project / path).write_text("mine\n")
    for path in deleted:
        (project / path).unlink()
    commit_all(project, "My own")
    for source in _sources(template, seeds):
        source.write_text(source.read_text("utf-8") + "\n# New in the template.\n")
    commit_all(template, "Other seeds", NEW)
    update(project)
    assert changes(project) == []


def _sources(template: Path, rendered: list[str]) -> list[Path]:
    """The sources in the template of some rendered paths; several, where each choice of a question has one."""
    found = []
    for path in (template / "template" / "project").rglob("*"):
        name = path.as_posix().replace("{{package_name}}", "my_model").removesuffix(".jinja")
        if path.is_file() and name.endswith(tuple(f"/{each}" for each in rendered)):
            found.append(path)
    return found


def test_an_edit_of_an_owned_file_stays_or_is_reported(template: Path, tmp_path: Path) -> None:
    """Copier's own behaviour, which our guides describe: apart, both edits stay; on one line, git shows a conflict."""
    project = new_project(tmp_path / "project", template, OLD)
    lines = (project / OWNED).read_text("utf-8").splitlines(keepends=True)
    (project / OWNED).write_text("".join([*lines[:-1], lines[-1], "# Mine.\n"]))
    commit_all(project, "My edit at the end")
    _rewrite(
        template,
        OWNED,
        lines[0],
        "# The template's new first line. Owned by the template: do not edit.\n",
        NEW,
    )
    update(project)
    assert conflicts(project) == []
    merged = (project / OWNED).read_text("utf-8").splitlines()
    assert merged[0].startswith("# The template's new first line")
    assert merged[-1] == "# Mine."

    commit_all(project, "Updated")
    (project / OWNED).write_text("# My first line.\n" + "".join(f"{line}\n" for line in merged[1:]))
    commit_all(project, "My edit at the start")
    _rewrite(template, OWNED, "# The template's new first line.", "# A newer first line.", "v0.1.2")
    update(project)
    assert conflicts(project) == [OWNED]


def test_own_dependencies_stay(template: Path, tmp_path: Path) -> None:
    """pyproject.toml is shared: a user's dependency and a change of the template elsewhere both arrive."""
    project = new_project(tmp_path / "project", template, OLD)
    text = (project / SHARED).read_text("utf-8")
    start = text.index("dependencies = [") + len("dependencies = [")
    (project / SHARED).write_text(text[:start] + '"tabulate", ' + text[start:])
    commit_all(project, "A dependency of mine")
    _rewrite(template, SHARED, "[build-system]", "# News.\n[build-system]", NEW)
    update(project)
    assert conflicts(project) == []
    assert '"tabulate"' in (project / SHARED).read_text("utf-8")
    assert "# News." in (project / SHARED).read_text("utf-8")


def _rewrite(template: Path, rendered: str, old: str, new: str, tag: str) -> None:
    """Release a version of the template in which one file says something else."""
    (source,) = _sources(template, [rendered])
    text = source.read_text("utf-8")
    assert old in text, f"{rendered} no longer has the line {old!r}"
    source.write_text(text.replace(old, new, 1))
    commit_all(template, f"Release {tag}", tag)
    assert git(template, "describe", "--tags").strip() == tag
