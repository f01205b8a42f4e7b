"""The templates, the versions to go between, and what each needs; their files are fetched for a run and never kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXTENSIONS = ("copier-templates-extensions", "copier-template-extensions")
TIME = ("jinja2-time",)
ANN = {"author_name": "Ann", "author_email": "ann@example.com"}


@dataclass(frozen=True)
class Pair:
    """Two versions of a template; `also` answers what only the new one asks without a default, or no longer takes."""

    old: str
    new: str
    about: str
    also: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


@dataclass(frozen=True)
class Template:
    """A repository, `owner/name`.

    `data` answers its questions without a default, `trust` lets it run tasks, extensions and migrations, `packages`
    are what those import or call. `looks` has `status` and `diff` run too.
    """

    name: str
    pairs: tuple[Pair, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    trust: bool = False
    packages: tuple[str, ...] = ()
    looks: bool = False

    def mirror(self, folder: Path) -> Path:
        """Where its bare repository lies in a folder of mirrors."""
        return folder / self.name.replace("/", "+") / "repo"


_PAWAMOY = {
    "project_name": "My Project",
    "project_description": "words",
    "author_fullname": "Ann",
    "author_email": "ann@example.com",
    "author_username": "ann",
    "repository_namespace": "ann",
    "repository_name": "my-project",
    "copyright_holder": "Ann",
    "copyright_holder_email": "ann@example.com",
    "copyright_date": "2024",
    "python_package_distribution_name": "my-project",
    "python_package_import_name": "my_project",
    "python_package_command_line_name": "my-project",
}

TEMPLATES = (
    Template(
        "pawamoy/copier-uv",
        (
            Pair("1.8.4", "1.13.0", "far; the extensions' package changes its name"),
            Pair("1.11.13", "1.13.0", "near"),
            Pair("1.2.6", "1.8.4", "far; links appear"),
        ),
        _PAWAMOY,
        trust=True,
        packages=EXTENSIONS,
        looks=True,
    ),
    Template(
        "pawamoy/copier-pdm",
        (
            Pair("0.11.3", "0.15.6", "tasks are dropped"),
            Pair("0.15.6", "1.2.6", "across a major release; extensions appear"),
            Pair("1.2.3", "1.2.6", "near"),
        ),
        _PAWAMOY,
        trust=True,
        packages=EXTENSIONS,
    ),
    Template(
        "zenml-io/template-e2e-batch",
        (
            Pair("2023.12.06", "2024.11.20", "far; tasks that rewrite what was rendered"),
            Pair("2024.10.21", "2025.12.17", "far"),
            Pair("2025.09.22", "2025.12.17", "near"),
        ),
        trust=True,
        packages=(*TIME, "ruff"),
    ),
    Template(
        "superlinear-ai/substrate",
        (
            Pair("v1.6.0", "v2.1.0", "across a major release"),
            Pair("v1.0.0", "v1.6.0", "far"),
            Pair("v2.0.0", "v2.1.0", "near"),
        ),
        {"project_name": "My Project", "project_url": "https://example.com/x", "project_description": "words"}
        | ANN,
    ),
    Template(
        "lincc-frameworks/python-project-template",
        (
            Pair("v1.3.0", "v2.2.0", "`git init` as a task is dropped", {"custom_install": "custom"}),
            Pair("v1.3.1", "v1.3.5", "near; `git init` as a task in both"),
            Pair("v1.5.3", "v2.0.7", "across a major release"),
            Pair("v2.1.1", "v2.2.0", "near; an answer is no longer a choice", {"custom_install": "custom"}),
        ),
        trust=True,
        looks=True,
    ),
    Template(
        "scientific-python/cookie",
        (
            Pair("2025.05.02", "2026.06.18", "far; an empty suffix", {"docs": "sphinx"}),
            Pair("2023.06.29", "2024.08.19", "far; the extensions move", {"vcs": "false"}),
            Pair("2026.04.04", "2026.06.18", "near"),
        ),
        {
            "project_name": "my-project",
            "project_short_description": "words",
            "full_name": "Ann",
            "email": "ann@example.com",
            "org": "ann",
            "url": "https://example.com/x",
            "backend": "hatch",
            "license": "BSD",
            "docs": "sphinx",
            "vcs": False,
        },
        trust=True,
        packages=EXTENSIONS,
    ),
    Template(
        "OCA/oca-addons-repo-template",
        (
            Pair("v1.14.2", "v1.30", "far; tasks, and migrations none of which applies"),
            Pair("v1.8.0", "v1.19.2", "far; a migration of the past"),
            Pair("v1.30", "v1.40", "tasks and migrations are dropped"),
            Pair("v1.38", "v1.40", "near"),
        ),
        {"repo_slug": "my-project", "repo_name": "My tools", "repo_description": "words"},
        trust=True,
    ),
    Template(
        "DiamondLightSource/python-copier-template",
        (
            Pair(
                "3.0.0", "5.3.0", "across a major release; git in tasks is dropped, migrations do not apply"
            ),
            Pair(
                "1.0.2",
                "2.2.0",
                "across a major release; a migration applies",
                {"type_checker": "mypy", "pypi": "true"},
            ),
            Pair("2.2.0", "3.0.0", "git in tasks of both"),
            Pair("5.1.0", "5.3.0", "near"),
        ),
        {
            "package_name": "my_project",
            "description": "words",
            "git_platform": "github.com",
            "github_org": "ann",
            "component_owner": "group:default/ann",
            "docker": True,
            "docker_debug": False,
            "docs_type": "sphinx",
            "type_checker": "pyright",
            "pypi": True,
        }
        | ANN,
        trust=True,
    ),
    Template(
        "Tecnativa/doodba-copier-template",
        (
            Pair("v8.3.5", "v9.0.2", "across a major release; tasks, hooks, links, a submodule"),
            Pair("v6.0.0", "v9.4.0", "far; migrations none of which applies"),
            Pair("v9.3.0", "v9.4.0", "near"),
        ),
        trust=True,
        packages=("invoke", "pre-commit"),
    ),
    Template(
        "serious-scaffold/ss-python",
        (
            Pair("v0.0.50", "v0.0.67", "far; an answer is no longer a choice", {"min_py": "3.12"}),
            Pair("v0.0.41", "v0.0.50", "far"),
            Pair("v0.0.66", "v0.0.67", "near"),
        ),
        {
            "project_name": "My Project",
            "project_description": "words",
            "organization_name": "ann",
            "repo_namespace": "ann",
        }
        | ANN,
    ),
    Template(
        "jupyterlab/extension-template",
        (
            Pair("v4.2.6", "v4.6.4", "far; tasks appear"),
            Pair("v4.0.5", "v4.2.6", "far; an extension, no task"),
            Pair("v4.5.2", "v4.6.4", "tasks that make links"),
        ),
        {"repository": "https://example.com/x", "has_ai_rules": True} | ANN,
        trust=True,
        packages=TIME,
    ),
    Template(
        "JuliaBesties/BestieTemplate.jl",
        (
            Pair("v0.10.1", "v0.16.2", "far; files that are written once"),
            Pair("v0.5.4", "v0.10.1", "far; a validator", {"LicenseCopyrightHolders": "Ann"}),
            Pair("v0.18.6", "v0.20.0", "near"),
        ),
        {
            "PackageName": "Mine",
            "PackageUUID": "11111111-2222-3333-4444-555555555555",
            "PackageOwner": "ann",
            "Authors": "Ann <ann@example.com>",
            "AuthorName": "Ann",
            "AuthorEmail": "ann@example.com",
        },
    ),
    Template(
        "napari/napari-plugin-template",
        (
            Pair("v1.1.0", "v2.1.2", "across a major release; tasks that commit and install hooks"),
            Pair("v2.0.1", "v2.1.2", "far"),
            Pair("v2.1.1", "v2.1.2", "near"),
        ),
        {
            "plugin_name": "my-project",
            "short_description": "words",
            "email": "ann@example.com",
            "full_name": "Ann",
            "github_username_or_organization": "ann",
        },
        trust=True,
        packages=(*TIME, "pip", "pre-commit"),
    ),
    Template(
        "pydev-guide/pyrepo-copier",
        (
            Pair("1dd6a46", "a4f53f7", "far; commits in place of tags"),
            Pair("433c8c3", "1dd6a46", "far"),
            Pair("2164800", "a4f53f7", "near"),
            Pair("a4f53f7", "8b8a2dd", "a tag that moved: Copier takes it for a downgrade"),
        ),
        {
            "project_name": "my-project",
            "project_short_description": "words",
            "mode": "tooling",
            "github_username": "ann",
        }
        | ANN,
    ),
    Template(
        "fastapi/full-stack-fastapi-template",
        (
            Pair("0.8.0", "0.10.0", "far; the answers file in a folder, a task that writes"),
            Pair("0.6.0", "0.8.0", "far"),
            Pair("0.9.0", "0.10.0", "near"),
        ),
        trust=True,
    ),
    Template(
        "browniebroke/pypackage-template",
        (
            Pair("86773a0", "5695dc0", "far; no tag at all"),
            Pair("5695dc0", "0522175", "far"),
            Pair("0522175", "f361dcc", "near"),
        ),
        {
            "full_name": "Ann",
            "email": "ann@example.com",
            "github_username": "ann",
            "project_name": "My Package",
            "project_short_description": "words",
            "open_source_license": "MIT",
        },
        trust=True,
    ),
    Template(
        "LabAutomationAndScreening/copier-base-template",
        (
            Pair("v0.0.112", "v0.0.156", "far; the answers file moves"),
            Pair("v0.0.146", "v0.0.156", "tasks, extensions, the answers file in a folder"),
            Pair("v0.0.155", "v0.0.156", "near"),
        ),
        {
            "repo_name": "my-project",
            "repo_org_name": "ann",
            "description": "words",
            "ssh_port_number": 50123,
            "python_version": "3.13.9",
            "python_ci_versions": ["3.13.9"],
        },
        trust=True,
        packages=EXTENSIONS,
    ),
    Template(
        "copier-org/autopretty",
        (
            Pair("v0.2.1", "v0.4.3", "tasks appear; an answers file of another name"),
            Pair("v0.1.0", "v0.2.1", "far"),
            Pair("v0.4.0", "v0.4.3", "near"),
        ),
        trust=True,
        packages=("pre-commit",),
    ),
)
