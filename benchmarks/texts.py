"""The texts of the templates that are made for the figures of updates, and what their projects edit."""

from __future__ import annotations

QUESTIONS = """\
_subdirectory: project
_envops: {keep_trailing_newline: true, undefined: jinja2.StrictUndefined}
name: {type: str, default: demo}
owner: {type: str, default: platform}
python: {type: str, choices: ["3.11", "3.12", "3.13"], default: "3.12"}
ci: {type: str, choices: [github, gitlab], default: github}
license: {type: str, choices: [mit, apache, none], default: mit}
public: {type: bool, default: false}
replicas: {type: int, ask: false, default: 2}
region: {type: str, ask: false, default: eu}
package: {type: str, when: false, default: "{{ name | replace('-', '_') }}"}
title: {type: str, when: false, default: "{{ name | title }}"}
ci_github: {type: str, when: false, default: "{{ '.' if ci == 'github' }}"}
ci_gitlab: {type: str, when: false, default: "{{ '.' if ci == 'gitlab' }}"}
"""
ANSWERS_NAME = "{{_copier_conf.answers_file}}.jinja"
ANSWERS_TEXT = "{{ _copier_answers|to_nice_yaml -}}\n"
TEMPLATED = 3  # every so many files is a Jinja template

STRUCTURED, DISPUTED = 20, 10
_ANSWERS = 100


def numbered(number: int, version: int, *, cookiecutter: bool) -> tuple[str, str]:
    """Return the name and the text of one file of a template."""
    jinja = number % TEMPLATED == 0
    variable = "{{ cookiecutter.name }}" if cookiecutter else "{{ name }}"
    lines = [f"file {number}, line {line}" for line in range(40)]
    lines[5] = f"for {variable if jinja else 'none'}"
    lines[10] = f"version {version}"
    return f"file{number}.txt" + (".jinja" if jinja and not cookiecutter else ""), "\n".join(lines) + "\n"


def tangled(version: int) -> dict[str, str]:
    """Return the template whose projects are hard to merge, path → text."""
    files = {f"project/{ANSWERS_NAME}": ANSWERS_TEXT, "copier.yml": _many_questions()}
    for number in range(STRUCTURED):
        text = _toml(number, version) if number % 2 else _yaml(number, version)
        files[f"project/config/part{number}.{'toml' if number % 2 else 'yaml'}.jinja"] = text
    for number in range(DISPUTED):
        files[f"project/docs/page{number}.md.jinja"] = numbered(0, version, cookiecutter=False)[1]
    return files


def tangled_edit(path: str, text: str) -> str:
    """Return what a project makes of one of these files: its own values beside the template's."""
    if path.startswith("config/"):
        return text.replace("timeout = 30", "timeout = 45").replace("timeout: 30", "timeout: 45")
    return text.replace("version 0", "version of mine") if path.startswith("docs/") else text


def _many_questions() -> str:
    asked = (f"answer{number}: {{type: str, default: 'value {number}'}}" for number in range(_ANSWERS // 2))
    follow = (
        f"later{number}: {{type: str, default: '{{{{ answer{number} | upper }}}}', "
        f"when: '{{{{ answer{number} != name }}}}', validator: '{{% if not later{number} %}}empty{{% endif %}}'}}"
        for number in range(_ANSWERS // 2)
    )
    head = (
        "_subdirectory: project\n_envops: {keep_trailing_newline: true}\nname: {type: str, default: demo}\n"
    )
    return head + "\n".join((*asked, *follow)) + "\n"


def _toml(number: int, version: int) -> str:
    tables = "".join(
        f'\n[service.part{each}]\nname = "{{{{ name }}}}-{each}"\nretries = {version}\ntimeout = 30\n'
        for each in range(10)
    )
    return f"# File {number}\ntitle = 'part {number}'\n{tables}"


def _yaml(number: int, version: int) -> str:
    parts = "".join(
        f"  part{each}:\n    name: '{{{{ name }}}}-{each}'\n    retries: {version}\n    timeout: 30\n"
        for each in range(10)
    )
    return f"# File {number}\ntitle: part {number}\nservice:\n{parts}"


def typical_edit(path: str, text: str) -> str:
    """Return what people make of files of this repository's own template: a dependency, a target, a paragraph, a step."""
    edits = {
        "pyproject.toml": text.replace('"types-pyyaml",', '"types-pyyaml",\n    "types-tabulate",', 1),
        "Makefile": f"{text}\nhello: ## say hello\n\t@echo hello\n",
        "README.md": f"{text}\nWhat this model is for, in a paragraph of ours.\n",
        ".github/workflows/check.yml": text.replace(
            "      - run: make check\n", "      - run: make check\n      - run: echo told\n", 1
        ),
    }
    return edits.get(path, text)
