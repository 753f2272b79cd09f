"""Generates a large organization of git repositories from the sample one.

usage: python benchmarks/organization.py FOLDER [--repositories N] [--files M]

Repositories differ in size as real ones do: most are small and a few are many times the median (log-normal; of 58 real
repositories the median had 241 files and the mean 432). Each is a repository of examples/acme, its names and numbers varied so
that no two files are the same; a larger one holds it several times, as parts beside each other, until three files in five
are its. The rest are source files, texts and pictures: about M files in all.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pygit2

SAMPLE = Path(__file__).parent.parent / "examples" / "acme"
AUTHOR = pygit2.Signature("Ada", "ada@example.org", 1_760_000_000, 0)
NAMES = sorted(path.name for path in SAMPLE.iterdir() if path.is_dir())
_NAMES = re.compile(rf"acme|(?<![\w-])(?<!actions/)(?:{'|'.join(NAMES)})(?![\w-])")
SPREAD = 0.9  # standard deviation of the logarithm of a repository's size
SHARE = 0.6  # of a repository's files that come from the sample
FILLERS = (
    ("src/lib/module_{n}.py", "def f_{n}(x):\n    return x + {n}\n" * 80),
    ("src/web/component_{n}.ts", "export const c{n} = (x: number) => x * {n};\n" * 60),
    ("pkg/inner/file_{n}.go", "package inner\n\nfunc F{n}(x int) int {{ return x + {n} }}\n" * 40),
    ("assets/picture_{n}.svg", "<svg xmlns='http://www.w3.org/2000/svg'><circle r='{n}'/></svg>\n"),
    ("notes/page_{n}.md", "# Page {n}\n\nText about {n}.\n" * 20),
)


def generate(folder: Path, repositories: int, files: int, share: float = SHARE) -> int:
    """Write the organization and return how many files it has; `share` of them come from the sample."""
    generator = random.Random(20261123)
    weights = [generator.lognormvariate(0, SPREAD) for _ in range(repositories)]
    mean = files / sum(weights)
    work = [(folder, SAMPLE / NAMES[n % len(NAMES)], n, round(weight * mean), share) for n, weight in enumerate(weights)]
    with ProcessPoolExecutor() as pool:
        return sum(pool.map(_repository, work, chunksize=8))


def _repository(work: tuple[Path, Path, int, int, float]) -> int:
    folder, sample, number, files, share = work
    root = folder / f"{sample.name}{number // len(NAMES)}"
    copy = str(number // len(NAMES))  # of the whole sample: in each the repositories know each other
    own = sorted(path for path in sample.rglob("*") if path.is_file())
    parts = max(1, round(files * share / len(own)))
    for part in range(parts):
        _copy(sample, own, root / f"part-{part}" if part else root, f"{copy}p{part}" if part else copy)
    count = len(own) * parts
    count += _fill(root, files - count, random.Random(number))
    _commit(root)
    return count


def _copy(sample: Path, files: Sequence[Path], root: Path, name: str) -> None:
    for source in files:
        target = root / _renamed(str(source.relative_to(sample)), name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_renamed(source.read_text(), name) + _mark(source, name))


def _renamed(text: str, name: str) -> str:
    """Give everything the sample calls its own (organization, repositories, services) a name of this copy."""
    return _NAMES.sub(rf"\g<0>{name}", text)


def _mark(source: Path, name: str) -> str:
    """Return a comment that makes the copy's bytes its own, where the format has comments."""
    return f"\n# copy {name}\n" if source.suffix in (".yaml", ".yml", ".tf", ".toml") or "Dockerfile" in source.name else ""


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
