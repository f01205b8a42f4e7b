"""Runs pipelines of CircleCI on this machine: what circleci.py reads, each job in a clone, a home and processes of its own.

What CircleCI does and this does not: images (the steps run on the host), identity tokens (a text that says for whom it is),
serial groups (jobs run one after the other anyway), limits of time.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.keeper import end_processes
from tests.proof.circleci import FILES, Config, Job
from tests.proof.circleci_continue import continuations
from tests.proof.circleci_language import ConfigError
from tests.proof.circleci_steps import Done, Steps
from tests.proof.machine import machine
from tests.support import git

# The two programs of CircleCI that a job finds.
AGENT = '#!/bin/sh\n[ "$*" = "step halt" ] || exit 1\ntouch "{halt}"\n'
CLI = """#!/bin/sh
[ "$1 $2 $3 $4" = "run oidc get --claims" ] && [ -n "$CIRCLE_OIDC_TOKEN_V2" ] || {{ echo "no token" >&2; exit 1; }}
echo "token-for-$5" | tr -d '{{}}" '
"""


@dataclass
class Run:
    """A pipeline: workflows in the order in which they ran, each with its jobs."""

    workflows: dict[str, dict[str, Done]] = field(default_factory=dict)

    @property
    def jobs(self) -> dict[str, str]:
        """How all jobs ended; "halted" is a success that stopped itself."""
        every = {name: done for jobs in self.workflows.values() for name, done in jobs.items()}
        return {name: "halted" if done.halted else done.status for name, done in every.items()}

    @property
    def printed(self) -> str:
        """All that was printed."""
        return "\n".join(f"== {n}\n{d.printed}" for jobs in self.workflows.values() for n, d in jobs.items())

    def artifacts(self, job: str) -> dict[str, bytes]:
        """What a job kept."""
        return next(jobs[job].artifacts for jobs in self.workflows.values() if job in jobs)


@dataclass
class Forge:
    """CircleCI with one project: `contexts` and `variables` are what is set there.

    `home` are files of each machine's home, `address` is where the repository is to its jobs.
    """

    project: Path
    folder: Path
    contexts: dict[str, dict[str, str]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)
    address: str = ""
    count: int = 0

    def pipeline(
        self,
        source: str = "webhook",
        *,
        branch: str = "main",
        tag: str = "",
        base: str = "HEAD^",
        approve: bool | None = None,
        fork: bool = False,
        **parameters: Any,
    ) -> Run:
        """Start one: `source` is webhook (a push), api or scheduled_pipeline; `approve` is what a person says, None nothing yet.

        A pipeline of a fork gets neither variables nor contexts, as CircleCI does unless somebody allows it.
        """
        values = {
            "trigger_source": source,
            "git.branch": "" if tag else branch,
            "git.tag": tag,
            "git.base_revision": self._commit(base) if source == "webhook" and not tag else "",
            "project.slug": "circleci/org/project",
            "number": 1,
        }
        commit, run = self._commit(tag or branch), Run()
        start = _Start(self, values, commit, branch, tag, approve, fork, run)
        config = Config.of(git(self.project, "show", f"{commit}:{FILES[0]}"), values, parameters)
        with continuations(bool(config.raw.get("setup"))) as asked:
            start.env |= asked.env
            start.workflows(config)
        for body in asked.bodies:
            if set(body["parameters"]) & set(parameters):
                raise ConfigError("conflicting pipeline parameters")
            again = Config.of(body["configuration"], values, {**parameters, **body["parameters"]})
            if again.raw.get("setup"):
                raise ConfigError("a setup file cannot continue with another one")
            start.env = {key: part for key, part in start.env.items() if key not in asked.env}
            start.workflows(again)
        return run

    def _commit(self, name: str) -> str:
        found = subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"],
            cwd=self.project,
            capture_output=True,
            text=True,
            check=False,
        )
        return found.stdout.strip()


@dataclass
class _Start:
    forge: Forge
    values: Mapping[str, Any]
    commit: str
    branch: str
    tag: str
    approve: bool | None
    fork: bool
    run: Run
    env: dict[str, str] = field(default_factory=dict)

    def workflows(self, config: Config) -> None:
        """Run those that begin, job after job."""
        for name, jobs in config.workflows().items():
            done = self.run.workflows[name] = {}
            layers: dict[str, list[Path]] = {}
            for job in jobs:
                before = {each: done[each].status if each in done else "not_run" for each in job.requires}
                layers[job.name] = [path for each in job.requires for path in layers.get(each, [])]
                if "on_hold" in before.values() or any(
                    before[each] not in job.requires[each] for each in before
                ):
                    done[job.name] = Done("not_run")
                elif job.kind == "approval":
                    done[job.name] = Done({None: "on_hold", True: "success", False: "canceled"}[self.approve])
                else:
                    done[job.name] = self._job(job, layers[job.name])

    def _job(self, job: Job, layers: list[Path]) -> Done:
        forge = self.forge
        forge.count += 1
        folder = forge.folder / f"{forge.count}-{job.name}"
        folder.mkdir(parents=True)
        if unknown := set(job.contexts) - set(forge.contexts):
            return Done("failed", f"unknown context {sorted(unknown)}")
        on = machine(folder)
        for name, text in forge.home.items():
            Path(on.env["HOME"], name).write_text(text)
        halt = folder / "halt"
        for name, text in (("circleci-agent", AGENT), ("circleci", CLI), ("ssh", "#!/bin/sh\n")):
            program = folder / "engines" / name
            program.write_text(text.format(halt=halt))
            program.chmod(0o755)
        work = folder / "project"
        work.mkdir()
        branch = "" if self.tag else self.branch
        env = on.env | self._settings(job)
        running = Steps(job, forge.project, forge.address, self.commit, branch, layers, env, work, halt)
        try:
            running.all()
        finally:
            end_processes(f"HOME={on.env['HOME']}")
        return running.done

    def _settings(self, job: Job) -> dict[str, str]:
        known = {"CI": "true", "CIRCLECI": "true", "CIRCLE_SHA1": self.commit, "CIRCLE_WORKFLOW_ID": "w-1"}
        known |= {"CIRCLE_TAG": self.tag} if self.tag else {"CIRCLE_BRANCH": self.branch}
        known |= {
            "CIRCLE_BUILD_URL": "https://circleci.com/build/1",
            "CIRCLE_JOB": job.name,
            "CIRCLE_USERNAME": "ann",
        }
        if not self.fork:
            known |= self.forge.variables
            for name in job.contexts:
                known |= self.forge.contexts[name] | {"CIRCLE_OIDC_TOKEN_V2": "a.b.c"}
        return {**known, **self.env, **job.environment}
