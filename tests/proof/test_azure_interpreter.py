"""Our interpreter of Azure Pipelines says what Microsoft's reference says, shown on small files of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.proof import azure_shape as shape
from tests.proof.azure_expressions import PipelineError, Scope, evaluate
from tests.proof.azure_run import Run
from tests.proof.azure_template import compiled
from tests.support import commit_all, environment

POOL = "trigger: none\nlockBehavior: sequential\npool: {vmImage: ubuntu-latest}\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("eq('abc', 'ABC')", True),
        ("ne(1, 2)", True),
        ("eq(1, '1')", True),
        ("eq(1, 'one')", False),
        ("eq(true, 'anything')", True),
        ("eq(variables.absent, '')", True),
        ("and(true, 'text', 1)", True),
        ("or(false, '', 0)", False),
        ("not('')", True),
        ("xor(true, false)", True),
        ("in('B', 'A', 'B')", True),
        ("notIn('D', 'A', 'B')", True),
        ("contains('ABCDE', 'bcd')", True),
        ("startsWith('refs/tags/v1', 'refs/tags/')", True),
        ("endsWith('ABCDE', 'DE')", True),
        ("coalesce('', null, 'third')", "third"),
        ("format('{0}-{1}', 'a', 2)", "a-2"),
        ("iif(eq(1, 1), 'yes', 'no')", "yes"),
        ("join(';', split('a,b', ','))", "a;b"),
        ("length('fabrikam')", 8.0),
        ("lower('AbC')", "abc"),
        ("ge(5, 5)", True),
        ("'it''s'", "it's"),
        ("variables['My.Name']", "value"),
        ("variables.list[1]", "second"),
    ],
)
def test_an_expression_has_its_value(text: str, value: Any) -> None:
    scope = Scope({"variables": {"My.Name": "value", "list": ["first", "second"]}})
    assert evaluate(text, scope) == value


@pytest.mark.parametrize(
    "text",
    [
        "eq(1)",
        "and(true)",
        "eq(1, 2",
        "equals(1, 2)",
        "succeeded()",
        "github.ref",
        "variables.a == 'b'",
        "'a' 'b'",
        "",
    ],
)
def test_a_broken_expression_is_refused(text: str) -> None:
    with pytest.raises(PipelineError):
        evaluate(text, Scope({"variables": {}}))


def test_a_template_is_worked_in() -> None:
    files = {
        "main.yml": b"""
parameters:
  - {name: size, type: string, default: small, values: [small, large]}
variables:
  ${{ if eq(parameters.size, 'large') }}:
    NODES: '9'
  ${{ elseif eq(variables['Build.Reason'], 'Manual') }}:
    NODES: '2'
  ${{ else }}:
    NODES: '1'
jobs:
  - job: a
    steps:
      - template: parts/steps.yml
        parameters: {tools: [x, y], settings: {K: v}}
      - ${{ if ne(parameters.size, 'small') }}:
          - bash: echo large
      - ${{ else }}:
          - bash: echo small
""",
        "parts/steps.yml": b"""
parameters:
  - {name: tools, type: object}
  - {name: settings, type: object}
steps:
  - ${{ each tool in parameters.tools }}:
      - bash: install ${{ tool }}
  - ${{ each one in parameters.settings }}:
      - bash: echo ${{ one.key }}=${{ one.value }}
  - template: more.yml
""",
        "parts/more.yml": b"steps:\n  - bash: echo ${{ variables['Build.Reason'] }}\n",
    }
    small = compiled(files, "main.yml", {"Build.Reason": "Manual"}, {})
    assert small["variables"] == {"NODES": "2"}
    steps = [step["bash"] for step in small["jobs"][0]["steps"]]
    assert steps == ["install x", "install y", "echo K=v", "echo Manual", "echo small"]
    large = compiled(files, "main.yml", {"Build.Reason": "Schedule"}, {"size": "large"})
    assert large["variables"] == {"NODES": "9"}
    assert large["jobs"][0]["steps"][-1] == {"bash": "echo large"}


@pytest.mark.parametrize(
    "text",
    [
        "a: ${{ parameters.x }\n",
        "${{ elseif true }}:\n  a: b\n",
        "a: 1\na: 2\n",
        "${{ if true }}:\n  a: 1\na: 2\n",
        "a: ${{ variables['System.PullRequest.IsFork'] }}\n",
        "parameters:\n  - {name: x, type: string}\n",
        "parameters:\n  - {name: x, type: text, default: a}\n",
        "jobs:\n  - template: absent.yml\n",
        "jobs:\n  - ${{ if true }}:\n      a: b\n",
        "jobs:\n  - ${{ each one in 'text' }}:\n      - job: ${{ one }}\n",
    ],
)
def test_a_broken_template_is_refused(text: str) -> None:
    with pytest.raises(PipelineError):
        compiled({"main.yml": text.encode()}, "main.yml", {}, {})


@pytest.mark.parametrize("given", [{"y": "b"}, {"x": "c"}])
def test_only_declared_parameters_are_taken(given: dict[str, str]) -> None:
    text = b"parameters:\n  - {name: x, type: string, default: a, values: [a, b]}\n"
    with pytest.raises(PipelineError):
        compiled({"main.yml": text}, "main.yml", {}, given)


@pytest.mark.parametrize(
    "jobs",
    [
        "[{job: a, timeoutInMinutes: 5, dependsOn: b, steps: [bash: x]}]",
        "[{job: a, timeoutInMinutes: 5, dependsOn: b, steps: [bash: x]}, {job: b, timeoutInMinutes: 5, dependsOn: a, steps: [bash: x]}]",
        "[{job: a, timeoutInMinutes: 5, steps: [bash: x]}, {job: a, timeoutInMinutes: 5, steps: [bash: x]}]",
        "[{job: a, steps: [bash: x]}]",
        "[{job: a, timeoutInMinutes: 5, step: [bash: x]}]",
        "[{job: a b, timeoutInMinutes: 5, steps: [bash: x]}]",
        "[{job: a, timeoutInMinutes: 5, steps: [task: Bash@3]}]",
        "[{job: a, timeoutInMinutes: 5, pool: server, steps: [bash: x]}]",
        "[{job: a, timeoutInMinutes: 5, pool: {vmImage: ubuntu-lates}, steps: [bash: x]}]",
        "[{job: a, timeoutInMinutes: 5, condition: eq(dependencies.b.result, 'Succeeded'), steps: [bash: x]}]",
    ],
)
def test_a_broken_shape_is_refused(jobs: str) -> None:
    with pytest.raises(PipelineError):
        shape.shaped(compiled({"main.yml": f"{POOL}jobs: {jobs}\n".encode()}, "main.yml", {}, {}))


def run(tmp_path: Path, text: str, **settings: Any) -> Run:
    """Run a pipeline of one file in a repository with one commit."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "main.yml").write_text(POOL + text)
    commit_all(project, "start")
    files = {"main.yml": (POOL + text).encode()}
    return Run(
        name="main",
        path="main.yml",
        files=files,
        reason="Manual",
        ref="refs/heads/main",
        origin=project,
        folder=tmp_path / "run",
        env=environment(tmp_path / "machine"),
        variables={"From.Forge": "forge"},
        secrets={"Password": "secret"},
        environments=frozenset({"production"}),
        **settings,
    ).proceed()


def test_variables_reach_steps_as_azure_says(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        """
variables: {COLOUR: blue, OUTER: "$(COLOUR) sky"}
jobs:
  - job: a
    timeoutInMinutes: 5
    variables: {COLOUR: red}
    steps:
      - bash: echo "1 $COLOUR $OUTER $FROM_FORGE [$PASSWORD] $(absent)" '$(Absent.Too)'
      - bash: echo "##vso[task.setvariable variable=COLOUR]green"
      - bash: echo "2 $(COLOUR) $COLOUR"; false; echo "the last command counts"
      - bash: echo "3 $ASKED"
        env: {ASKED: $(Password)}
      - bash: exit 3
        name: stop
      - bash: echo never
      - bash: echo 4 always
        condition: always()
      - bash: echo 5 failed
        condition: and(failed(), eq(variables.colour, 'GREEN'))
""",
    )
    words = [line for line in found.printed.splitlines() if line[:1].isdigit()]
    assert words == [
        "1 red red sky forge []  $(Absent.Too)",
        "2 green green",
        "3 secret",
        "4 always",
        "5 failed",
    ]
    assert "never" not in found.printed
    assert found.jobs == {"a": "Failed"}
    assert found.done["__default", "a"].leftovers == {"absent", "Absent.Too"}


def test_outputs_reach_later_jobs_and_stages(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        """
stages:
  - stage: one
    jobs:
      - job: a
        timeoutInMinutes: 5
        steps:
          - bash: echo '##vso[task.setvariable variable=list;isOutput=true]{"x":{"N":"1"},"y":{"N":"2"}}'
            name: make
      - job: b
        dependsOn: a
        timeoutInMinutes: 5
        strategy: {matrix: "$[ dependencies.a.outputs['make.list'] ]"}
        steps: [bash: echo "n=$N"]
  - stage: two
    condition: and(succeeded(), contains(dependencies.one.outputs['a.make.list'], '"x"'))
    jobs:
      - job: c
        timeoutInMinutes: 5
        variables: {LIST: "$[ stageDependencies.one.a.outputs['make.list'] ]"}
        steps: [bash: echo "list=$LIST"]
  - stage: three
    condition: eq(dependencies.two.result, 'Failed')
    jobs: [{job: d, timeoutInMinutes: 5, steps: [bash: echo never]}]
  - stage: four
    jobs: [{job: e, timeoutInMinutes: 5, steps: [bash: echo never]}]
  - stage: five
    dependsOn: [two, three]
    condition: in(dependencies.three.result, 'Succeeded', 'Skipped')
    jobs: [{job: f, timeoutInMinutes: 5, steps: [bash: echo five]}]
""",
    )
    assert found.stages == {
        "one": "Succeeded",
        "two": "Succeeded",
        "three": "Skipped",
        "four": "Skipped",
        "five": "Succeeded",
    }
    assert list(found.jobs) == ["a", "b x", "b y", "c", "f"]
    assert "n=1" in found.printed
    assert 'list={"x":{"N":"1"}' in found.printed


def test_a_person_is_waited_for(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        """
jobs:
  - job: ask
    pool: server
    timeoutInMinutes: 60
    steps: [{task: ManualValidation@1, inputs: {notifyUsers: "", onTimeout: reject}}]
  - deployment: go
    dependsOn: ask
    environment: production
    timeoutInMinutes: 5
    strategy: {runOnce: {deploy: {steps: [bash: "ls | wc -l"]}}}
""",
    )
    assert (found.result, found.jobs) == ("Waiting", {"ask": "Waiting"})
    found.answer = "approved"
    found.proceed()
    assert (found.result, found.jobs) == ("Succeeded", {"ask": "Succeeded", "go": "Succeeded"})
    assert found.printed == "0\n"  # a deployment checks nothing out by itself


def test_artefacts_have_one_name_each(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        """
jobs:
  - job: a
    timeoutInMinutes: 5
    steps:
      - bash: mkdir out && echo x > out/file
      - {publish: out, artifact: mine}
      - {publish: out, artifact: mine}
      - {publish: absent, artifact: other, condition: always()}
""",
    )
    assert [result for _, result in found.done["__default", "a"].steps[1:]] == [
        "Succeeded",
        "Succeeded",
        "Failed",
        "Failed",
    ]
    assert (found.artifacts / "mine/file").read_text() == "x\n"


def test_a_job_has_nothing_of_another(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        """
jobs:
  - job: a
    timeoutInMinutes: 5
    steps: [bash: "echo x > left; echo y > ~/left; git push --quiet origin HEAD:refs/heads/z || echo no push"]
  - job: b
    dependsOn: a
    timeoutInMinutes: 5
    steps: [bash: "ls left ~/left; git rev-parse --abbrev-ref HEAD"]
""",
    )
    assert "no push" in found.printed
    assert found.printed.count("No such file") == 2
    assert found.printed.splitlines()[-1] == "HEAD"
