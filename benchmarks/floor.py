"""The least a scan must do: list the same files, read the relevant ones, parse each with the same parser. One process.

usage: python benchmarks/floor.py FOLDER
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pygit2

from assessor.collectors.content import Content, Origin
from assessor.parsing import dockerfile, hcl, shell, xml, yaml
from assessor.registry import load_readers


def main() -> None:
    """Parse every relevant file of every repository below a folder."""
    readers = list(load_readers().values())
    wanted: dict[str, bool] = {}
    listed = parsed = 0
    for root in sorted(path for path in Path(sys.argv[1]).iterdir() if (path / ".git").exists()):
        tracked = {item.path for item in pygit2.Repository(str(root)).index}
        paths = sorted(tracked | set(on_disk(root)))  # untracked files count as well
        content = Content(paths, {})
        listed += len(paths)
        for path in paths:
            if path not in wanted:
                wanted[path] = any(reader.reads(path) for reader in readers)
            if wanted[path] and content.origin(path) in (Origin.OWN, Origin.EXAMPLE):
                parse(path, (root / path).read_bytes())
                parsed += 1
    print(listed, "files listed,", parsed, "parsed")


def on_disk(root: Path) -> Iterator[str]:
    """Yield the paths of the files below a folder."""
    for folder, folders, names in os.walk(root):
        if ".git" in folders:
            folders.remove(".git")
        below = folder[len(str(root)) + 1 :]
        yield from (f"{below}/{name}" if below else name for name in names)


def parse(path: str, data: bytes) -> None:
    """Parse a file with the parser that readers use for it; others are only decoded."""
    text = data.decode("utf-8", "replace")
    name = path.rpartition("/")[2].lower()
    if name.endswith((".tf", ".hcl", ".tofu")):
        hcl.parse(data)
    elif name.endswith((".yaml", ".yml")):
        yaml.parse_template(text) if "{{" in text and "/templates/" in path else yaml.parse(text)
    elif name.endswith(".json"):
        json.loads(text)
    elif name.endswith(".toml"):
        tomllib.loads(text)
    elif name.endswith((".xml", ".csproj")):
        list(xml.elements(text))
    elif name.endswith(".sh"):
        shell.commands(text)
    elif "dockerfile" in name:
        dockerfile.parse(text)


if __name__ == "__main__":
    main()
