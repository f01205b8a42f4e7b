"""What users get wrong: each case has its exit code and its message, and writes nothing."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support import commit_all, git
from tests.unit.conftest import COPIER_YML, Goldenpath, MakeTemplate, Run, listing

SECRETS = ("p4ss", "t0ken")


@dataclass(frozen=True)
class Case:
    """One mistake, and what is said to it.

    `arguments` stand after `new`, `{beside}` in them for the folder that holds the empty working folder, `files`
    and `{template}`. `config` is added to the scratch template's; `real` takes the real template in its place.
    """

    name: str
    arguments: str
    code: int
    message: str
    files: dict[str, bytes] = field(default_factory=dict)
    config: str = ""
    real: bool = False
    defaults: bool = True

    @property
    def typed(self) -> list[str]:
        return [*shlex.split(self.arguments), *(["--defaults"] if self.defaults else [])]


CASES = [
    # Answers
    Case("unknown answer", "demo -d licence=mit", 2, "Did you mean 'license'?", real=True),
    Case("unknown answer, nothing like it", "demo -d zzz=1", 2, "The template asks for: project_name, descr"),
    Case("answer with a space before =", "demo -d 'ci =none'", 2, "no question 'ci '"),
    Case("answer that nobody may set", "demo -d ci_github=.", 2, "Nobody may set 'ci_github'"),
    Case("list that nobody may set", "demo -d seeds=[]", 2, "Nobody may set 'seeds'", real=True),
    Case("answer whose question is not asked", "demo -d runner=own", 2, "'runner' does not go with the other"),
    Case("setting of Copier", "demo -d _commit=v1", 2, "The template has no question '_commit'"),
    Case("bad choice", "demo -d ci=jenkins", 2, "'jenkins' is not in ['github', 'gitlab', 'none']"),
    Case("choice in another case", "demo -d ci=GitHub", 2, "'GitHub' is not in"),
    Case("empty choice", "demo -d ci=", 2, "'' is not in"),
    Case("empty multiple choice", "demo -d serve=[]", 2, "Choose at least one"),
    Case("multiple choice that is no list", "demo -d serve=online", 2, "Not a YAML list"),
    Case("multiple choice with a stranger", "demo -d serve=[online,fax]", 2, "'fax' is not in"),
    Case("text for a number", "demo -d replicas=many", 2, "The answer to 'replicas' does not fit"),
    Case("broken YAML for a list", "demo -d labels=[a", 2, "The answer to 'labels' does not fit"),
    Case("answer without =", "demo -d ci", 2, "--data 'ci' is not an answer."),
    Case("answer without a key", "demo -d =github", 2, "Type --data key=value"),
    Case("answer given twice", "demo -d ci=none -d ci=gitlab", 2, "--data gives 'ci' twice"),
    Case("--data at the end", "demo --data", 2, "Argument -d/--data: expected one argument"),
    # Names, as the real template has them
    Case("name of 41 characters", f"demo -d project_name={'n' * 41}", 2, "1 to 40 letters", real=True),
    Case("empty name", "demo -d project_name=", 2, "cannot be a project name", real=True),
    Case("name that begins with a digit", "demo -d project_name=3d-model", 2, "beginning with a letter", real=True),
    Case("name with a slash", "demo -d project_name=../x", 2, "cannot be a project name", real=True),
    Case("name not in ASCII", "demo -d project_name=m\u00fcll", 2, "cannot be a project name", real=True),
    Case("name with a line break", "demo -d 'project_name=a\nb'", 2, "cannot be a project name", real=True),
    Case("package: keyword", "demo -d package_name=class", 2, "is taken by Python", real=True),
    Case("package: standard library", "demo -d package_name=json", 2, "is taken by Python", real=True),
    Case("package: dependency", "demo -d package_name=numpy", 2, "is taken by Python", real=True),
    Case("package: capitals", "demo -d package_name=Churn", 2, "lower-case letters", real=True),
    Case("package: dash", "demo -d package_name=a-b", 2, "lower-case letters", real=True),
    Case("package: leading digit", "demo -d package_name=1a", 2, "beginning with a letter", real=True),
    # Other text, as the real template has it
    Case("description: line break", "demo -d 'description=a\nb'", 2, "one line of at most 200", real=True),
    Case("description: quote", "demo -d 'description=a \"b\"'", 2, "without double quotes", real=True),
    Case("description: too long", f"demo -d description={'d' * 201}", 2, "at most 200 characters", real=True),
    Case("team without @", "demo -d team=ml", 2, "is not a team or user", real=True),
    Case("password in an address", "demo -d package_index=https://u:p4ss@h/s", 2, "without a user", real=True),
    Case("image without digest", "demo -d base_image=python:3.12", 2, "is not pinned", real=True),
    Case("labels that are no list", "demo -d runner_labels=linux", 2, "The labels are a list", real=True),
    Case("branch that git refuses", "demo -d default_branch=a..b", 2, "is not a branch name that git accepts"),
    # Files of answers
    Case("no data file", "demo --data-file none.yml", 2, "'none.yml' cannot be read: No such file"),
    Case("data file is a folder", "demo --data-file {template}", 2, "cannot be read: Is a directory"),
    Case("data file is no YAML", "demo --data-file {beside}/bad/a.yml", 2, "is not YAML", {"bad/a.yml": b"a: [1"}),
    Case("data file is a list", "demo --data-file {beside}/bad/a.yml", 2, "is not a mapping", {"bad/a.yml": b"- a\n"}),
    Case("data file of numbers", "demo --data-file {beside}/bad/a.yml", 2, "is not a mapping", {"bad/a.yml": b"1: a\n"}),
    Case("data file in Latin-1", "demo --data-file {beside}/bad/a.yml", 2, "is not UTF-8", {"bad/a.yml": b"a: \xfc\n"}),
    Case("data file, unknown key", "demo --data-file {beside}/bad/a.yml", 2, "no question 'cj'", {"bad/a.yml": b"cj: x"}),
    Case("data file, wrong type", "demo --data-file {beside}/bad/a.yml", 2, "'ci'", {"bad/a.yml": b"ci: [github]"}),
    Case("data file, null", "demo --data-file {beside}/bad/a.yml", 2, "'ci' does not fit", {"bad/a.yml": b"ci: null"}),
    # Where the project goes
    Case("no destination", "", 2, "The following arguments are required: DEST"),
    Case("destination has content", "{beside}/full", 1, "is not empty", {"full/a.txt": b"a"}),
    Case("destination is a file", "{beside}/full/a.txt", 1, "is a file, not a folder", {"full/a.txt": b"a"}),
    Case("below a file", "{beside}/full/a.txt/demo", 1, "does not exist", {"full/a.txt": b"a"}),
    Case("parent is missing", "no/such/demo", 1, "no/such' does not exist"),
    Case("parent cannot be written", "/proc/demo", 1, "The folder '/proc' cannot be written to"),
    Case("name is too long", "n" * 300, 1, "File name too long"),
    Case("template without a release", "demo --template {beside}/bare", 1, "Add --vcs-ref HEAD", {"bare/copier.yml": b""}),
    Case("repository that is no template", "demo --template {beside}/bare -r HEAD", 1, "it has no copier.yml", {"bare/a": b""}),
    Case("repository without a commit", "demo --template {beside}/empty -r v1", 1, "Cannot read 'v1'", {"empty/a": b""}),
    Case("inside the template", "{template}/demo", 1, "is inside the template"),
    Case("the template itself", "{template}", 1, "is inside the template"),
    # The template
    Case("template does not exist", "demo --template {beside}/none", 1, "none' does not exist"),
    Case("template is no repository", "demo --template {beside}/plain", 1, "not the top", {"plain/copier.yml": b"a: 1"}),
    Case("template is a part of one", "demo --template {template}/project", 1, "not the top folder"),
    Case("template is a word", "demo --template goldenpath", 1, "goldenpath' does not exist"),
    Case("template cannot be reached", "demo --template file://{beside}/none", 1, "not the top folder"),
    Case("remote cannot be reached", "demo --template {beside}/none.git", 1, "does not exist"),
    Case("clone cannot be made", "demo --template git+file://{beside}/none", 1, "cannot be reached: fatal"),
    Case("password in the template", "demo --template https://u:p4ss@h/x.git", 2, "user or password in it"),
    Case("token in the template", "demo --template git+https://t0ken@h/x", 2, "user or password in it"),
    Case("missing tag", "demo --vcs-ref v9", 1, "Cannot read 'v9' of the template"),
    Case("ref that looks like a flag", "demo --vcs-ref=--help", 1, "Cannot read '--help' of the template"),
    Case("newer Copier", "demo", 1, "uv tool upgrade goldenpath", config='_min_copier_version: "99.0.0"\n'),
    Case("newer goldenpath", "demo", 1, "needs goldenpath 99.1", config='_min_goldenpath_version: "99.1"\n'),
    Case("version that is none", "demo", 1, "Invalid version", config="_min_goldenpath_version: soon\n"),
    Case("tasks", "demo", 1, "task: touch /tmp/x\n  If you trust it, add --trust", config="_tasks: [touch /tmp/x]\n"),
    Case("a task that fails", "demo --trust", 1, "Command 'exit 7'", config="_tasks: [exit 7]\n"),
    Case("code of its own", "demo", 1, "add --trust", config="_jinja_extensions: [jinja2.ext.do]\n"),
    Case("config is no YAML", "demo", 1, "while parsing", config="a: [1\n"),
    Case("question without default", "demo", 2, "'extra' has no default", config="extra: {type: str}\n"),
    Case("default that cannot be", "demo", 2, "'extra' does not fit", config="extra: {type: int, default: x}\n"),
    Case("broken template", "demo", 1, "cannot be rendered: 'nope' is undefined (project/a.jinja, line 2)", {"template/project/a.jinja": b"\n{{ nope }}"}),
    # The command
    Case("unknown flag", "demo --force", 2, "Unrecognized arguments: --force"),
    Case("shortened flag", "demo --default", 2, "Unrecognized arguments: --default"),
    Case("two destinations", "demo demo2", 2, "Unrecognized arguments: demo2"),
    Case("no terminal", "demo", 2, "Add --defaults, and --data key=value", defaults=False),
]  # fmt: skip


def prepare(case: Case, folder: Path, make_template: MakeTemplate) -> None:
    if not case.real:
        make_template(config=COPIER_YML + case.config)
    for path, content in case.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    roots = {path.partition("/")[0] for path in case.files}
    if "template" in roots:
        commit_all(folder / "template", "More", "v1.0.1")
    if "bare" in roots:
        commit_all(folder / "bare", "No release")
    if "empty" in roots:
        git(folder / "empty", "init", "--quiet")


@pytest.fixture
def call(
    make_template: MakeTemplate, real_template: Path, goldenpath: Goldenpath, tmp_path: Path
) -> Callable[..., Run]:
    """Make the mistake, see that nothing is left of it, and return what was said."""

    def call(case: Case, *more: str) -> Run:
        prepare(case, tmp_path, make_template)
        template = str(real_template if case.real else tmp_path / "template")
        arguments = [
            part.replace("{template}", template).replace("{beside}", str(tmp_path)) for part in case.typed
        ]
        if "--template" not in arguments:
            arguments += ["--template", template]
        before = listing(tmp_path)
        done = goldenpath("new", *arguments, *more)
        assert listing(tmp_path) == before
        assert not any(secret in done.out + done.err for secret in SECRETS)
        return done

    return call


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input(case: Case, call: Callable[..., Run]) -> None:
    done = call(case)
    assert case.message in done.err
    assert done.code == case.code
    assert done.out == ""
    assert done.err.startswith("goldenpath: ")


@pytest.mark.parametrize("case", CASES[::6], ids=lambda case: case.name)
def test_bad_input_as_json(case: Case, call: Callable[..., Run]) -> None:
    done = call(case, "--json")
    error = done.json["error"]
    assert (done.code, error["exit_code"], done.err) == (case.code, case.code, "")
    assert case.message in f"{error['message']}\n  {error['hint']}"


def test_there_are_enough_cases_and_no_two_are_the_same() -> None:
    assert len(CASES) >= 25
    assert len({case.name for case in CASES}) == len(CASES)
    assert len({(case.arguments, case.config, *case.files.values()) for case in CASES}) == len(CASES)


def test_the_same_words_without_the_mistake_are_good(
    make_template: MakeTemplate, real_template: Path, goldenpath: Goldenpath
) -> None:
    """Otherwise every case above could fail for a reason of its own."""
    template = make_template()
    for number, source in enumerate([real_template, template]):
        assert goldenpath("new", f"demo{number}", "--template", source, "--defaults").code == 0
    name = ["-d", f"project_name={'n' * 40}", "-d", "description=Says 'yes' ü"]
    assert goldenpath("new", "demo2", "--template", real_template, "--defaults", *name).code == 0
