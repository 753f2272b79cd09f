"""Generates a large organization of git repositories from the sample one.

usage: python benchmarks/organization.py FOLDER [--repositories N] [--files M]

Each repository of examples/acme is copied under many names, with its names and numbers varied so that no two files are
the same, and filled up with source files, texts and pictures that no reader reads: about M files in all.
"""

from __future__ import annotations

import argparse
import random
import shutil
from pathlib import Path

import pygit2

SAMPLE = Path(__file__).parent.parent / "examples" / "acme"
AUTHOR = pygit2.Signature("Ada", "ada@example.org", 1_760_000_000, 0)
FILLERS = (
    ("src/lib/module_{n}.py", "def f_{n}(x):\n    return x + {n}\n" * 20),
    ("src/web/component_{n}.ts", "export const c{n} = (x: number) => x * {n};\n" * 20),
    ("pkg/inner/file_{n}.go", "package inner\n\nfunc F{n}(x int) int {{ return x + {n} }}\n"),
    ("assets/picture_{n}.svg", "<svg xmlns='http://www.w3.org/2000/svg'><circle r='{n}'/></svg>\n"),
    ("notes/page_{n}.md", "# Page {n}\n\nText about {n}.\n" * 10),
)


def generate(folder: Path, repositories: int, files: int) -> int:
    """Write the organization and return how many files it has."""
    generator = random.Random(20261123)
    samples = sorted(path for path in SAMPLE.iterdir() if path.is_dir())
    total = 0
    for number in range(repositories):
        sample = samples[number % len(samples)]
        root = folder / f"{sample.name}-{number:04d}"
        count = _copy(sample, root, number)
        count += _fill(root, files // repositories - count, generator)
        _commit(root)
        total += count
    return total


def _copy(sample: Path, root: Path, number: int) -> int:
    count = 0
    for source in sorted(path for path in sample.rglob("*") if path.is_file()):
        target = root / source.relative_to(sample)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text().replace("acme", f"acme{number}") + _mark(source, number))
        count += 1
    return count


def _mark(source: Path, number: int) -> str:
    """Return a comment that makes the copy's bytes its own, where the format has comments."""
    return f"\n# copy {number}\n" if source.suffix in (".yaml", ".yml", ".tf", ".toml") or "Dockerfile" in source.name else ""


def _fill(root: Path, count: int, generator: random.Random) -> int:
    for n in range(max(count, 0)):
        name, text = FILLERS[generator.randrange(len(FILLERS))]
        target = root / name.format(n=n)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.format(n=generator.randrange(10**9)))
    return max(count, 0)


def _commit(root: Path) -> None:
    repository = pygit2.init_repository(str(root), initial_head="main")
    repository.index.add_all()
    repository.index.write()
    repository.create_commit("refs/heads/main", AUTHOR, AUTHOR, "Begin", repository.index.write_tree(), [])
    repository.pack()  # as a clone has it
    for folder in (root / ".git/objects").iterdir():
        if len(folder.name) == 2:
            shutil.rmtree(folder)


def main() -> None:
    """Generate what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--files", type=int, default=20_000)
    options = parser.parse_args()
    print(generate(options.folder, options.repositories, options.files), "files")


if __name__ == "__main__":
    main()
