"""The commits of a repository: what was where, and what came and went, each read once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pygit2.enums import DeltaStatus, FileMode, ObjectType

from goldenpath.project.discovery import is_answers
from goldenpath.tree import File, LaterFile

FILES = {FileMode.BLOB, FileMode.BLOB_EXECUTABLE}
"""The modes of what is no link, folder or submodule."""


class CutOffError(Exception):
    """The history ends before it has answered."""


@dataclass(frozen=True)
class Step:
    """A commit beside the parent that it is compared with: the files that came and went, path → id of the content.

    `answers` are the answers files of templates that came or changed with it.
    """

    commit: Any
    parent: Any
    gone: Mapping[str, Any]
    came: Mapping[str, Any]
    answers: frozenset[str]


class Commits:
    """What is known of the commits of a repository."""

    def __init__(self, repository: Any) -> None:
        self._repository = repository
        self._steps: dict[tuple[Any, Any], Step] = {}
        self._behind: dict[Any, list[Any]] = {}
        self._folders: dict[tuple[Any, str], tuple[Any, dict[str, Any]]] = {}
        self._trees: dict[Any, tuple[Any, dict[str, Any]]] = {}

    def parents(self, commit: Any) -> list[Any]:
        """Return the parents of a commit.

        Raises:
            CutOffError: It has some, which are not here.
        """
        parents = self._behind.get(commit.id)
        if parents is None:
            parents = self._behind[commit.id] = list(commit.parents)
        if not parents and self._repository.is_shallow:
            raise CutOffError
        return parents

    def blob(self, commit: Any, path: str) -> Any:
        """Return the id of the file at a path, None where there is none.

        Raises:
            KeyError: The commit is not here in full.
        """
        folder, _, name = path.rpartition("/")
        tree, known = self._place(commit, folder)
        if name not in known:
            found = tree is not None and name in tree and tree[name].filemode in FILES
            known[name] = tree[name].id if found else None
        return known[name]

    def folder(self, commit: Any, folder: str) -> Any:
        """Return the tree of a folder, None where there is none."""
        return self._place(commit, folder)[0]

    def _place(self, commit: Any, folder: str) -> tuple[Any, dict[str, Any]]:
        """Return the tree of a folder, with what is known of it: most commits have the same one."""
        key = commit.id, folder
        if key not in self._folders:
            tree = commit.tree
            for name in folder.split("/") if folder else ():
                found = name in tree and tree[name].type == ObjectType.TREE
                tree = self._repository[tree[name].id] if found else None
                if tree is None:
                    break
            self._folders[key] = self._trees.setdefault(tree and tree.id, (tree, {}))
        return self._folders[key]

    def step(self, commit: Any, parent: Any) -> Step:
        """Return a commit beside one of its parents."""
        known = self._steps.get((commit.id, parent.id))
        if known is None:
            known = self._steps[commit.id, parent.id] = self._compared(commit, parent)
        return known

    def _compared(self, commit: Any, parent: Any) -> Step:
        gone: dict[str, Any] = {}
        came: dict[str, Any] = {}
        answers: set[str] = set()
        for delta in parent.tree.diff_to_tree(commit.tree).deltas:
            old, new = (os.fsdecode(each.raw_path) for each in (delta.old_file, delta.new_file))
            if delta.status == DeltaStatus.DELETED and delta.old_file.mode in FILES:
                gone[old] = delta.old_file.id
            if delta.status == DeltaStatus.ADDED and delta.new_file.mode in FILES:
                came[new] = delta.new_file.id
            if delta.status != DeltaStatus.DELETED and self._is_answers(new, delta.new_file):
                answers.add(new)
        return Step(commit, parent, gone, came, frozenset(answers))

    def _is_answers(self, path: str, file: Any) -> bool:
        """Whether a file is what a template was answered, wherever it lies and whatever its name is."""
        if not path.endswith((".yml", ".yaml")) or file.mode not in FILES:
            return False
        return is_answers(self._repository[file.id].data)

    def file(self, oid: Any) -> File:
        """Return a file by the id of its content."""
        return LaterFile(FileMode.BLOB, oid, lambda: self._repository[oid].data)
