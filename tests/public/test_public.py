"""The judge itself, on a template of our own: it finds what was seeded, and nothing else."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.public import edits
from tests.public.machine import SERVER, Machine, settled
from tests.public.report import markdown
from tests.public.run import Update, updates
from tests.public.templates import TEMPLATES, Pair, Template
from tests.questionnaire import ROOT
from tests.support import commit_all

PAIR = Pair("v1", "v2", "a task in both")
TEMPLATE = Template("own/template", (PAIR,), {"name": "mine"}, trust=True)


def lines(name: str, version: int) -> str:
    """A text unlike those of other names, with one line that each version has otherwise."""
    texts = [f"{name} {number}\n" for number in range(30)]
    texts[15] = f"version {version}\n"
    return "".join(texts)


def files(version: int) -> dict[str, str]:
    """The template at a version; every file differs in one line."""
    steps = f"jobs:\n  check:\n    steps:\n      - run: make\n      - run: echo {version}\n"
    return {
        "copier.yml": "_subdirectory: project\n_tasks: ['echo made > made.txt']\nname: {type: str}\n",
        "project/{{_copier_conf.answers_file}}.jinja": "{{ _copier_answers|to_nice_yaml }}",
        "project/README.md.jinja": f"# {{{{ name }}}}\n{lines('readme', version)}",
        "project/pyproject.toml": f'[project]\nname = "x"\nversion = "{version}"\ndependencies = [\n    "a",\n]\n',
        "project/.github/workflows/check.yml": steps,
        **{f"project/docs/{name}.md": lines(name, version) for name in "abcd"},
        f"project/docs/of {version}.md": lines("other", version),
    }


# A server whose goldenpath does to an update what no update may do.
FAULTY = f"""\
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from tests.public import server
honest = server.KNOWN["goldenpath"]
def faulty():
    code = honest()
    if "update" in sys.argv and not {{"--dry-run", "--abort"}} & set(sys.argv):
        Path("README.md").write_text("nothing\\n")
        Path(".git/hooks/post-merge").unlink()
        Path("notes of ours/read me.md").write_text("nothing\\n")
    return code
server.KNOWN["goldenpath"] = faulty
server.serve()
"""


def judged(folder: Path, server: Path = SERVER) -> Update:
    """The verdict on a project with all edits at once."""
    source, work = folder / "template", folder / "work"
    for version in (1, 2):
        shutil.rmtree(source / "project", ignore_errors=True)
        for path, content in files(version).items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(content)
        commit_all(source, f"Version {version}", f"v{version}")
    work.mkdir()
    with Machine(work, Path(sys.executable), settled(work), server=server) as machine:
        (found,) = updates(machine, TEMPLATE, PAIR, source, list(edits.variants("quick")))
    return found


def test_what_was_seeded_is_found_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    update = judged(tmp_path, tmp_path / "faulty.py")
    found = {(each.text.split(":")[0], each.kind) for each in update.wrong}
    assert found == {
        ("policy copier", "tree"),
        ("policy copier", "git"),
        ("safe", "git"),
        ("safe", "plan"),
        ("safe", "lost"),
        ("safe", "own file"),
        ("abort", "abort"),
        ("abort", "git"),
    }
    lost = {each.text for each in update.wrong if each.kind == "lost"}
    assert any("far" in word for word in lost)
    assert any("own" in word for word in lost)
    assert (update.unusable, update.copier.code, update.parity.code, update.safe.code) == ("", 0, 3, 3)
    assert update.copier.conflicts == update.parity.conflicts
    assert [word[:9] for word in update.copier.lost] == ["zqdropped"]
    assert not any("dropped" in word for word in lost)
    assert "own/template" in markdown([update])


def test_no_template_of_the_table_is_short_of_pairs() -> None:
    assert len(TEMPLATES) >= 15
    assert all(len(template.pairs) >= 3 for template in TEMPLATES)
    assert len({template.name for template in TEMPLATES}) == len(TEMPLATES)
