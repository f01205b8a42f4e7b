"""Copier's questions at the speed of a fleet: what a text depends on, and a context that costs what it holds.

A questionnaire asks Jinja for some hundred small texts, most of them constants, each with a context of its own.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from copier._main import Worker
from copier._types import LazyDict, Phase
from copier._user_data import DEFAULT_DATA
from jinja2 import Environment, TemplateError, meta

from goldenpath.engine.texts import CHANCE, VOLATILE_NAMES, is_blind, is_literal, is_volatile, variables
from goldenpath.git import blob_id


@dataclass(frozen=True)
class Uses:
    """What a text of the template depends on: variables, and the ids of all sources.

    `sure` if it hangs on nothing else, `known` if on nothing else but the time, chance and the machine: then it says
    something else each time, although nobody has changed it.
    """

    names: tuple[str, ...]
    sources: tuple[str, ...]
    sure: bool
    known: bool


UNSURE = Uses((), (), sure=False, known=False)


def uses(environment: Environment, text: str, root: Path) -> Uses:
    """Return what a text depends on, by way of the files of the template at `root` that it includes too."""
    if is_literal(environment, text):
        return Uses((), (blob_id(text.encode()),), sure=True, known=True)
    names: set[str] = set()
    sources: list[str] = []
    waiting, seen, sure = [text], set[str](), True
    while waiting:
        source = waiting.pop()
        sources.append(blob_id(source.encode()))
        try:
            parsed = environment.parse(source)
            names |= variables(environment, parsed)
        except TemplateError:
            return UNSURE
        sure &= not is_volatile(parsed)
        for name in meta.find_referenced_templates(parsed):
            if name is None or not _is_inside(name) or not (root / name).is_file():
                return UNSURE
            if name not in seen:
                seen.add(name)
                waiting.append((root / name).read_text("utf-8"))
    return Uses(
        tuple(sorted(names)),
        tuple(sources),
        sure=sure and not names & VOLATILE_NAMES,
        known=not names & (VOLATILE_NAMES - CHANCE),
    )


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


class QuickWorker(Worker):
    """Copier's worker with a context that costs what it holds."""

    def _render_context(self) -> dict[str, Any]:
        context = self.__dict__.get("_settled") or self._context()
        # Copier writes into the one that it is given.
        conf = LazyDict(self.__dict__["_conf"])
        return {**context, "_copier_conf": conf, "_copier_phase": Phase.current()}

    def _context(self) -> dict[str, Any]:
        if "_conf" not in self.__dict__:
            whole = super()._render_context()
            conf = whole["_copier_conf"]
            self.__dict__["_conf"] = {name: partial(conf.__getitem__, name) for name in conf}
            self.__dict__["_fixed"] = {name: whole[name] for name in ("_folder_name", "_copier_python")}
        answers = self.answers
        return {
            **DEFAULT_DATA,
            "_external_data": answers.external,
            **answers.user_defaults,
            **answers.last,
            **answers.metadata,
            **answers.init,
            **answers.user,
            "_copier_answers": self._stored(),
            **self.__dict__["_fixed"],
        }

    def _stored(self) -> Any:
        return {} if self.__dict__.get("_blind") else self._answers_to_remember()

    def question(self) -> None:
        """Ask the questions, as Copier does."""
        # Copier builds the answers to store again for each question, and hardly a questionnaire looks at them.
        known = self.template.__dict__
        if "_blind" not in known:
            known["_blind"] = is_blind(self.jinja_env, self.template.questions_data)
        self.__dict__["_blind"] = known["_blind"]
        try:
            with Phase.use(Phase.PROMPT):
                self._ask()
        finally:
            self.__dict__["_blind"] = False
        self.__dict__["_settled"] = self._context()
