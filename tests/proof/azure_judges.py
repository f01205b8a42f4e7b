"""What judges Azure's files without running them: Microsoft's language service, its schema, shellcheck, our first phase."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from tests.proof import azure
from tests.proof import azure_shape as shape
from tests.proof.azure_expressions import PipelineError
from tests.proof.azure_variables import MACRO
from tests.proof.linters import Verdict
from tests.proof.tools import judge, program
from tests.support import Files

SCHEMA = Path(str(files("check_jsonschema") / "builtin_schemas/vendor/azure-pipelines.json"))


def of_azure(repository: Path) -> Files:
    """The pipeline files and templates of a repository."""
    paths = [repository / "azure-pipelines.yml", *sorted(repository.glob(".azuredevops/*.yml"))]
    return {path.relative_to(repository).as_posix(): path.read_bytes() for path in paths if path.exists()}


def language(repository: Path) -> Verdict:
    """Every file as it stands, by the service behind Microsoft's editor extension, with Microsoft's schema."""
    modules = Path(program("gitlab-ci-local")).parent.parent
    script = Path(__file__).with_name("azure_language.cjs")
    paths = [repository / path for path in of_azure(repository)]
    return judge("env", f"NODE_PATH={modules}", program("node"), script, SCHEMA, *paths)


def schema(repository: Path) -> Verdict:
    """Every form that a pipeline takes once its templates are worked in, by Microsoft's schema."""
    try:
        found = [
            f"{flow}: {'.'.join(map(str, error.absolute_path))}: {error.message[:500]}"
            for flow, pipeline in azure.variants(of_azure(repository))
            for error in _validator().iter_errors(pipeline)
        ]
    except PipelineError as error:
        return False, str(error)
    return not found, "\n".join(found)


def first_phase(repository: Path) -> Verdict:
    """Templates, expressions, keys, names, the graph, pools, times: by our interpreter, in every form."""
    try:
        azure.calls(of_azure(repository))
    except PipelineError as error:
        return False, str(error)
    return True, ""


def shellcheck(repository: Path) -> Verdict:
    """The lines of bash, with a word in place of each macro."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = set(_scripts(of_azure(repository)))
        paths = [Path(folder, f"{number}.sh") for number in range(len(scripts))]
        for path, script in zip(paths, sorted(scripts), strict=True):
            path.write_text(MACRO.sub("macro", script))
        # What stands in a variable of the job is not assigned in the script.
        return judge("shellcheck", "--shell=bash", "--exclude=SC2154", *paths)


def _scripts(found: Files) -> Iterator[str]:
    for _, pipeline in azure.variants(found):
        for stage in shape.shaped(pipeline):
            for job in stage["jobs"]:
                yield from (step["bash"] for step in shape.steps(job) if "bash" in step)


@cache
def _validator() -> Any:
    """By a name that mypy does not follow: the package has no types."""
    content: Mapping[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    return import_module("jsonschema.validators").validator_for(content)(content)


JUDGES: Mapping[str, Callable[[Path], Verdict]] = {
    "language": language,
    "schema": schema,
    "first phase": first_phase,
    "shellcheck": shellcheck,
}
