"""What people do to a project and its template before they type `goldenpath update`, one function each."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from goldenpath import engine
from tests.support import commit_all, git
from tests.update.small import COPIER_YML, NEW, OLD, Small, goldenpath, lines, put, start

Step = Callable[[Small], object]
Content = str | bytes | None

TEMPLATE: dict[str, Content] = {
    "project/a.txt": lines("a"),
    "project/data.bin": b"\0\1\2",
    "project/big.txt": "small\n",
}
RELEASE: dict[str, Content] = {
    "project/a.txt": lines("a", first="theirs"),
    "project/new/file.txt": "new\n",
    "project/data.bin": b"\0\3",
}
LOCAL = ("-c", "protocol.file.allow=always")


def master(folder: Path) -> Small:
    """The template with its two releases, and a project of the first."""
    small = start(folder, TEMPLATE)
    small.release(RELEASE)
    return small


def write(path: str, content: Content) -> Step:
    return lambda small: put(small.project, {path: content})


def edit(path: str, content: Content) -> Step:
    return lambda small: small.edit({path: content})


def answer(**answers: str | None) -> Step:
    return lambda small: small.answer(**answers)


def released(files: Mapping[str, Content], tag: str = "v1.2.0") -> Step:
    return lambda small: small.release(files, tag)


def config(text: str) -> Step:
    return released({"copier.yml": COPIER_YML + text})


def project_git(*commands: str) -> Step:
    return lambda small: [git(small.project, *shlex.split(each)) for each in commands]


def template_git(*commands: str) -> Step:
    return lambda small: [git(small.template, *shlex.split(each)) for each in commands]


def both(*steps: Step) -> Step:
    return lambda small: [step(small) for step in steps]


def stage(small: Small) -> None:
    put(small.project, {"a.txt": "mine\n"})
    git(small.project, "add", "a.txt")


def bare(small: Small) -> None:
    git(small.project.parent, "clone", "--quiet", "--bare", str(small.project), "bare.git")
    shutil.rmtree(small.project)
    (small.project.parent / "bare.git").rename(small.project)


def without_git(small: Small) -> None:
    shutil.rmtree(small.project / ".git")


def merging(small: Small) -> None:
    project_git("switch --quiet -c side", "commit --allow-empty -m side", "switch --quiet main")(small)
    project_git("merge --no-commit --no-ff --strategy=ours side")(small)


def submodule(small: Small) -> None:
    git(small.project, *LOCAL, "submodule", "--quiet", "add", str(small.template), "new")
    commit_all(small.project, "A submodule")


def link_outside(small: Small) -> None:
    (small.project.parent / "outside").mkdir()
    (small.project / "new").symlink_to("../outside")
    commit_all(small.project, "A link")


def ignored_link_outside(small: Small) -> None:
    small.edit({".gitignore": "/new\n"})
    (small.project.parent / "outside").mkdir()
    (small.project / "new").symlink_to(small.project.parent / "outside")


def ignored(path: str) -> Step:
    """Something of the user's that git does not see."""
    return both(edit(".gitignore", "/new\n"), write(path, "mine\n"))


def shallow_template(small: Small) -> None:
    whole = small.template.rename(small.template.with_name("whole"))
    git(
        whole.parent,
        *LOCAL,
        "clone",
        "--quiet",
        "--depth=1",
        f"--branch={NEW}",
        f"file://{whole}",
        "template",
    )


def no_release(small: Small) -> None:
    small.answer(_commit=git(small.template, "rev-parse", OLD).strip())
    git(small.template, "tag", "-d", OLD, NEW)


def gone(small: Small) -> None:
    shutil.rmtree(small.template)


def remote(small: Small) -> None:
    small.answer(_src_path=f"git+file://{small.template}")


def vanished(small: Small) -> None:
    """A remote that answered once, and does not any more."""
    remote(small)
    assert goldenpath("status", small.project).code == 4
    engine.forget()
    gone(small)


def out_of(name: str) -> Step:
    """A release whose file lies at a path that is computed."""
    key = f'out: {{type: str, when: false, default: "{name}"}}\n'
    return released({"copier.yml": COPIER_YML + key, "project/{{out}}/x": "#!/bin/sh\n"})


def updated(*commit: str) -> Step:
    def step(small: Small) -> None:
        assert goldenpath("update", small.project).code == 0
        for message in commit:
            commit_all(small.project, message)

    return step


def detached(small: Small) -> None:
    git(small.project, "checkout", "--quiet", "--detach")


def shallow(small: Small) -> None:
    whole = small.project.rename(small.project.with_name("whole"))
    git(whole.parent, *LOCAL, "clone", "--quiet", "--depth=1", f"file://{whole}", "project")


def work_tree(small: Small) -> None:
    """The project in a linked work tree."""
    main = small.project.rename(small.project.with_name("main"))
    git(main, "worktree", "add", "--quiet", "-b", "side", str(small.project))


def below(small: Small) -> None:
    """The project as a folder of a repository in which other files have changes."""
    shutil.rmtree(small.project / ".git")
    commit_all(small.project.parent, "All together")
    put(small.project.parent, {"elsewhere.txt": "not committed\n", "template/x.txt": "nor this\n"})


def not_utf8(small: Small) -> None:
    small.edit({os.fsdecode(b"mine/\xfc.txt"): "mine\n", "mine/a\n'\"b": "mine\n"})


def waived(small: Small) -> None:
    waiver = "{path: a.txt, reason: mine, owner: me, expires: 2020-01-01}"
    small.edit({".goldenpath.yml": f"waivers: [{waiver}]\n"})


def damaged_cache(small: Small) -> None:
    """The mirror of a remote template whose objects are spoilt."""
    remote(small)
    assert goldenpath("status", small.project).code == 4
    engine.forget()
    (mirror,) = Path.home().glob(".cache/goldenpath/templates/*.git")
    for path in mirror.glob("objects/pack/*.pack"):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content[:60] + bytes(len(content) - 120) + content[-60:])


def trusted(small: Small) -> None:
    config("_jinja_extensions: [jinja2.ext.do]\n")(small)


def two_projects(small: Small) -> None:
    other = f"_commit: {OLD}\n_src_path: {small.template}\n"
    put(small.project, {".copier-answers.other.yml": other})
    commit_all(small.project, "Another template")
