"""The templates written for the purpose, as data: settings, questions, and files by their path in the template.

Lines repeat on purpose, so that the context of a change is ambiguous. No file holds a condition: the
generator of versions takes lines out and puts lines in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.conformance.repository import EXECUTABLE, File

Questions = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Family:
    """One template before it has a history."""

    name: str
    settings: dict[str, Any]
    questions: Questions
    files: dict[str, str | bytes]
    scripts: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()

    @property
    def tree(self) -> dict[str, File]:
        """The files without `copier.yml`, which follows from settings and questions."""
        return {
            path: File(
                data if isinstance(data, bytes) else data.encode(),
                EXECUTABLE if path in self.scripts else 0o100644,
            )
            for path, data in self.files.items()
        }

    @property
    def root(self) -> str:
        """Where the files of the project begin, with a slash at the end, or empty."""
        return f"{self.settings['_subdirectory']}/" if "_subdirectory" in self.settings else ""

    @property
    def suffix(self) -> str:
        """What ends the name of a file that is rendered."""
        return str(self.settings.get("_templates_suffix", ".jinja"))

    @property
    def variable(self) -> str:
        """How a question's answer is written in a file, with `{}` for its name."""
        envops = self.settings.get("_envops", {})
        return f"{envops.get('variable_start_string', '{{')} $ {envops.get('variable_end_string', '}}')}"

    @property
    def skipped(self) -> tuple[str, ...]:
        """The files that are written only where there are none."""
        return tuple(self.settings.get("_skip_if_exists", ()))

    @property
    def answers_file(self) -> str:
        """Where a project keeps its answers."""
        return str(self.settings.get("_answers_file", ".copier-answers.yml"))


def _layer(question: str, value: str) -> dict[str, Any]:
    return {"type": "str", "when": False, "default": f"{{{{ '.' if {question} == '{value}' }}}}"}


LIBRARY = Family(
    "library",
    {
        "_subdirectory": "project",
        "_templates_suffix": ".jinja",
        "_envops": {"keep_trailing_newline": True, "trim_blocks": True},
        "_exclude": ["*.pyc", "{% if _copier_operation == 'update' %}{{ seeds | join('\n') }}{% endif %}"],
    },
    {
        "name": {"type": "str", "default": "toolbox"},
        "ci": {"type": "str", "choices": ["github", "gitlab", "none"], "default": "github"},
        "docs": {"type": "str", "choices": ["pages", "none"], "default": "pages"},
        "ci_github": _layer("ci", "github"),
        "ci_gitlab": _layer("ci", "gitlab"),
        "docs_pages": _layer("docs", "pages"),
        "owner": {"type": "str", "default": "ann"},
        "seeds": {"type": "yaml", "when": False, "default": "[/seeds/**, '/src/{{ name }}/own.py']"},
    },
    {
        "project/{{_copier_conf.answers_file}}.jinja": "# Answers\n{{ _copier_answers|to_nice_yaml -}}\n",
        "project/README.md.jinja": "# {{ name }}\n\nalpha\nbeta\n\nalpha\nbeta\n\n{{ ci }}\n\nalpha\n\nby {{ owner }}\n",
        "project/pyproject.toml.jinja": '[project]\nname = "{{ name }}"\nversion = "1"\ndependencies = [\n    "alpha",\n    "beta",\n    "gamma",\n]\n\n[tool.alpha]\nlevel = 1\n\n[tool.beta]\nlevel = 1\n',
        "project/Makefile": "alpha:\n\techo alpha\n\nbeta:\n\techo beta\n\ngamma:\n\techo alpha\n",
        "project/.gitignore": "/build/\n*.log\n",
        "project/src/{{name}}/__init__.py": "",
        "project/src/{{name}}/core.py": "def alpha():\n    return 1\n\n\ndef beta():\n    return 1\n\n\ndef gamma():\n    return 1\n",
        "project/src/{{name}}/own.py": "def own():\n    return 1\n",
        "project/seeds/start.py": "alpha\nbeta\nalpha\n",
        "project/seeds/more/data.bin": b"\x00seed\n",
        "project/{{ci_github}}/.github/workflows/check.yml": "on: push\njobs:\n  check:\n    steps:\n      - run: alpha\n      - run: beta\n      - run: alpha\n",
        "project/{{ci_github}}/ci/check.sh": "#!/bin/sh\nset -e\nalpha\nbeta\nalpha\n",
        "project/{{ci_gitlab}}/.gitlab-ci.yml.jinja": "stages:\n  - alpha\n  - beta\n\n{{ name }}:\n  script:\n    - alpha\n    - beta\n",
        "project/{{ci_gitlab}}/ci/check.sh": "#!/bin/sh\nset -e\nbeta\nalpha\nbeta\n",
        "project/{{docs_pages}}/docs/index.md.jinja": "# {{ name }}\n\nalpha\nbeta\nalpha\nbeta\nalpha\n",
        "project/{{docs_pages}}/docs/logo.png": b"\x89PNG\x00\x01\x02\n\x03",
    },
    scripts=("project/{{ci_github}}/ci/check.sh",),
    layers=("ci_github", "ci_gitlab", "docs_pages"),
)

SERVICE = Family(
    "service",
    {"_skip_if_exists": ["settings.yaml", "data/**"]},
    {
        "title": {"type": "str", "default": "server"},
        "port": {"type": "int", "default": 80},
        "store": {"type": "str", "choices": ["memory", "disk"], "default": "memory"},
        "on_disk": _layer("store", "disk"),
    },
    {
        "{{_copier_conf.answers_file}}.jinja": "{{ _copier_answers|to_nice_yaml -}}\n",
        "README.md.jinja": "{{ title }}\n\nalpha\n\nalpha\n\nalpha\n\nbeta\n",
        "settings.yaml.jinja": "title: {{ title }}\nport: {{ port }}\nlevel: 1\n",
        "data/rows.csv": "a,b\n1,1\n1,1\n2,1\n1,1\n",
        "data/table.bin": b"rows\x00\x01\x01\n",
        "compose.yaml.jinja": "name: {{ title }}\nservices:\n  web:\n    port: {{ port }}\n    level: 1\n  worker:\n    level: 1\nhooks:\n  - alpha\n  - beta\n",
        "config.toml.jinja": 'title = "{{ title }}"\n\n[web]\nport = {{ port }}\nlevel = 1\n\n[worker]\nlevel = 1\n',
        "deploy.json": '{\n  "level": 1,\n  "web": {\n    "level": 1,\n    "port": 80\n  },\n  "hooks": [\n    "alpha",\n    "beta"\n  ]\n}\n',
        "run.sh.jinja": "#!/bin/sh\nset -e\nalpha\nbeta\n\nalpha\nserve {{ port }}\n",
        "scripts/build.sh": "#!/bin/sh\nalpha\nalpha\nbeta\nalpha\n",
        "scripts/clean.sh": "#!/bin/sh\nbeta\nbeta\n",
        "icon.bin": bytes(range(16)) * 4,
        "cache.tmp": "alpha\nbeta\nalpha\n",
        ".gitignore": "*.tmp\n/out/\n",
        "{{on_disk}}/disk/layout.txt": "alpha\nbeta\nalpha\nbeta\n",
        "{{on_disk}}/disk/format.yaml": "level: 1\nhooks:\n  - alpha\n",
    },
    scripts=("run.sh.jinja", "scripts/build.sh"),
    layers=("on_disk",),
)

DOCS = Family(
    "docs",
    {
        "_subdirectory": "pages",
        "_answers_file": ".docs-answers.yml",
        "_templates_suffix": ".tmpl",
        "_envops": {
            "block_start_string": "[%",
            "block_end_string": "%]",
            "variable_start_string": "[[",
            "variable_end_string": "]]",
            "comment_start_string": "[#",
            "comment_end_string": "#]",
        },
    },
    {
        "topic": {"type": "str", "default": "birds"},
        "tongue": {"type": "str", "choices": ["de", "en"], "default": "en"},
        "owner": {"type": "str", "default": "ann"},
        "tongue_de": {"type": "str", "when": False, "default": "[[ '.' if tongue == 'de' ]]"},
        "tongue_en": {"type": "str", "when": False, "default": "[[ '.' if tongue == 'en' ]]"},
    },
    {
        "pages/[[_copier_conf.answers_file]].tmpl": "[[ _copier_answers|to_nice_yaml -]]\n",
        "pages/a/b/c/deep page.md.tmpl": "# [[ topic ]]\n\nalpha\n\nbeta\n\nalpha\n\nbeta\n",
        "pages/a/b/other page.md": "alpha\nalpha\nbeta\nalpha\nalpha\n",
        "pages/Überblick.md.tmpl": "# Ü\n\n[[ topic ]]\n[[ owner ]]\n\nä\nä\nö\nä\n",
        "pages/[[topic]].txt": "alpha\nbeta\nalpha\nbeta\n",
        "pages/empty.txt": "",
        "pages/no end.txt": "alpha\nbeta\nalpha\nbeta",
        "pages/windows.txt": "alpha\r\nbeta\r\nalpha\r\nbeta\r\nalpha\r\n",
        "pages/mixed.txt": "alpha\r\nbeta\nalpha\nbeta\r\nalpha\n",
        'pages/image "1".png': b"\x89PNG\x00\x00\x01",
        "pages/notes.yml": "level: 1\nhooks:\n- alpha\n- beta\nlast: 1\n",
        "pages/[[tongue_de]]/start/Grüße.md": "hallo\nhallo\nalpha\nhallo\n",
        "pages/[[tongue_en]]/start/hello.md": "hello\nhello\nalpha\nhello\n",
        "pages/[[tongue_en]]/start/index.md.tmpl": "alpha\n[[ topic ]]\nalpha\n",
        "pages/[[tongue_de]]/start/index.md.tmpl": "beta\n[[ topic ]]\nalpha\n",
    },
    layers=("tongue_de", "tongue_en"),
)

FAMILIES = (LIBRARY, SERVICE, DOCS)
