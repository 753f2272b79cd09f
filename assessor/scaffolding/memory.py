"""What earlier runs generated: `.gitops-assess/answers.yaml` holds the answers, `.gitops-assess/base/` the files as generated.

The base lets a later run tell what a person changed since from what the template changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml as pyyaml

from assessor.parsing import yaml

FOLDER = ".gitops-assess"
ANSWERS = f"{FOLDER}/answers.yaml"
BASE = f"{FOLDER}/base"
HEAD = "# Written by `gitops-assess scaffold`: the answers of its templates, so that a later run can update what they made.\n"


@dataclass(slots=True)
class Memory:
    """The pieces of one repository: key → template, answers and the paths it made."""

    pieces: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)

    def text(self) -> str:
        """Return the answers file."""
        value = {
            "pieces": {
                key: {"answers": self.pieces[key], "files": sorted(self.files.get(key, []))} for key in sorted(self.pieces)
            }
        }
        return HEAD + pyyaml.safe_dump(value, sort_keys=True, allow_unicode=True, width=1000)


def load_memory(root: Path) -> Memory:
    """Read what earlier runs generated in a repository; nothing, or something unreadable, is an empty memory."""
    memory = Memory()
    file = root / ANSWERS
    try:
        if file.is_symlink() or file.stat().st_size > 1024 * 1024:
            return memory
        stream = yaml.parse(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return memory
    value = stream.documents[0].value if stream.documents and not stream.error else None
    pieces = value.get("pieces") if isinstance(value, yaml.Map) else None
    for key, piece in pieces.items() if isinstance(pieces, yaml.Map) else ():
        answers = piece.get("answers") if isinstance(piece, yaml.Map) else None
        files = piece.get("files") if isinstance(piece, yaml.Map) else None
        if isinstance(answers, yaml.Map):
            memory.pieces[key] = {str(k): str(v) for k, v in answers.items() if isinstance(v, str | int | float)}
            memory.files[key] = [str(f) for f in files] if isinstance(files, list) else []
    return memory


def read_base(root: Path, path: str) -> str | None:
    """Return a file as an earlier run generated it, None if it did not."""
    return read_text(root, f"{BASE}/{path}")


def read_text(root: Path, path: str) -> str | None:
    """Return a repository's text file, None if there is none; links are not followed."""
    file = root / path
    try:
        if file.is_symlink() or not file.resolve().is_relative_to(root.resolve()):
            return None
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def merge(base: str, mine: str, theirs: str, path: str) -> tuple[str, bool]:
    """Merge what a person (`mine`) and the template (`theirs`) changed since `base`; conflicts become markers.

    Returns the text, and whether it has conflicts. Uses libgit2's merge in a throw-away object store.
    """
    import tempfile

    import pygit2

    with tempfile.TemporaryDirectory(prefix="gitops-assess-") as folder:
        store = pygit2.init_repository(folder, bare=True)
        mode = pygit2.enums.FileMode.BLOB
        ancestor, ours, new = (pygit2.IndexEntry(path, store.create_blob(text.encode()), mode) for text in (base, mine, theirs))
        result = store.merge_file_from_index(ancestor, ours, new, use_deprecated=False)
    return result.contents, not result.automergeable


def remembered(files: Mapping[str, str]) -> dict[str, str]:
    """Return generated files as they are kept for the next run."""
    return {f"{BASE}/{path}": text for path, text in files.items()}
