"""Tells a repository's own content from what is vendored, generated, a fixture, an example or documentation.

A path is judged by its folders, in the light of the whole listing, because the usual words are ambiguous:

* ``test`` beside ``prod`` or below ``environments`` is an environment, not a test suite;
* ``demo`` or ``docs`` below ``apps`` is an application of that name;
* ``site`` and ``website`` are documentation only where a documentation generator is set up in them;
* below ``src/main/java`` folders are package names (``com/example/…``);
* ``archive`` and ``deprecated`` hold what was given up at the root, elsewhere they are names like any other.

What the authors declare in ``.gitattributes`` (linguist-vendored, -generated, -documentation, and their negations)
overrides the paths: https://github.com/github-linguist/linguist/blob/main/docs/overrides.md
"""

from __future__ import annotations

import enum
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from assessor.reading import parent

from .attributes import Attributes


class Origin(enum.StrEnum):
    """Whose content a file is, and for what."""

    OWN = "own"
    EXAMPLE = "example"
    VENDORED = "vendored"
    GENERATED = "generated"
    ARCHIVED = "archived"
    FIXTURE = "fixture"
    DOCUMENTATION = "documentation"


# Where several apply, the first wins: documentation of vendored code is vendored.
_PRECEDENCE = (
    *(Origin.VENDORED, Origin.GENERATED, Origin.ARCHIVED, Origin.FIXTURE),
    *(Origin.DOCUMENTATION, Origin.EXAMPLE, Origin.OWN),
)

_NAMES: dict[Origin, str] = {
    Origin.VENDORED: (
        "vendor vendored third_party third-party thirdparty 3rdparty node_modules bower_components jspm_packages .yarn cue.mod "
        "godeps .terraform .terragrunt-cache site-packages .venv venv .tox .nox .bundle pods elm-stuff"
    ),
    Origin.GENERATED: ".gitops-assess cdk.out __pycache__ .next .nuxt .gradle .pulumi dist",
    Origin.ARCHIVED: (
        "archive archived attic deprecated _archive _archived _attic _deprecated _disabled _old .archive .archived .attic .deprecated "
        ".disabled"
    ),
    Origin.FIXTURE: (
        "test tests testing testdata test-data test_data testfixtures test-fixtures test_fixtures fixture fixtures __tests__ spec "
        "specs e2e e2e-tests integration-tests playwright cypress molecule mock mocks __mocks__ snapshot snapshots __snapshots__ testutil testutils"
    ),
    Origin.DOCUMENTATION: "doc docs documentation wiki",
    Origin.EXAMPLE: (
        "example examples _examples sample samples demo demos tutorial tutorials playground quickstart quickstarts "
        "getting-started"
    ),
}
_FOLDERS = {name: origin for origin, names in _NAMES.items() for name in names.split()}
_SITES = frozenset(("site", "website", "www-docs", "docs-site"))
_FILES: tuple[tuple[Origin, re.Pattern[str]], ...] = (
    (Origin.GENERATED, re.compile(r"\.pb\.go$|_pb2(?:_grpc)?\.pyi?$|\.min\.(?:js|css)$|^zz_generated\.|\.designer\.cs$", re.I)),
    (
        Origin.FIXTURE,
        re.compile(r"_test\.(?:go|py|rb|exs)$|^test_[^/]*\.py$|\.(?:test|spec)\.[cm]?[jt]sx?$|Tests?\.(?:java|kt)$"),
    ),
    (Origin.DOCUMENTATION, re.compile(r"\.(?:md|rst|adoc|mdx)$", re.I)),
    (Origin.EXAMPLE, re.compile(r"\.(?:example|sample)$", re.I)),
)

# What forges read from these places is configuration, though it is written in Markdown.
_FORGE = re.compile(
    r"(?:\.github/|docs/|\.gitea/|\.azuredevops/)?pull_request_template(?:/[^/]+)?\.(?:md|txt)|\.gitlab/merge_request_templates/[^/]+\.md",
    re.I,
)

# Terraform applies what lies in a folder, whoever wrote it: the mark only folds it in the forge's view of changes.
_IN_FORCE = re.compile(r"\.(?:tf|tofu|tf\.json|tfvars)\Z|\A\.terraform\.lock\.hcl\Z")

# Folders whose children are named after applications or environments, whatever the name may mean elsewhere.
_COLLECTION_NAMES = (
    "apps app applications services microservices workloads releases clusters cluster environments environment envs env overlays "
    "stages namespaces tenants live regions accounts projects charts"
)
_COLLECTIONS = frozenset(_COLLECTION_NAMES.split())
_ENVIRONMENT_NAMES = (
    "dev develop development staging stage stg prod production prd qa uat acc acceptance preprod pre-prod live sandbox integration "
    "nonprod non-prod preview"
)
_ENVIRONMENTS = frozenset(_ENVIRONMENT_NAMES.split())
_SOURCE_ROOT = re.compile(r"(?:^|/)src/(?:main|test)/(?:java|kotlin|scala|groovy)(?:/|$)")
_SITE_GENERATOR = re.compile(
    r"^(?:mkdocs\.ya?ml|docusaurus\.config\.[cm]?[jt]s|hugo\.(?:toml|ya?ml|json)|_config\.ya?ml|book\.toml|antora(?:-playbook)?\.ya?ml"
    r"|conf\.py|sidebars\.[jt]s|\.vitepress|\.vuepress|archetypes)$",
    re.I,
)
_EXAMPLE_REPOSITORY = re.compile(
    r"(?:^|[-_.])(?:examples?|demos?|samples?|patterns?|labs?|workshops?|tutorials?|quickstarts?|playground|showcase|learn|training"
    r"|course|exercises?|hands-on|getting-started)(?=$|[-_.])",
    re.I,
)
_INCIDENTAL = re.compile(r"^[^/]*$|(?:^|/)\.|\.(?:md|rst|adoc|png|jpe?g|gif|svg|ico|drawio|pdf|txt)$|(?:^|/)LICENSE", re.I)


class Content:
    """The content of one repository: its listing and what its ``.gitattributes`` files say."""

    def __init__(self, paths: Iterable[str], attributes: Mapping[str, str] | None = None) -> None:
        """`attributes` are the texts of the ``.gitattributes`` files by folder ("" = the root)."""
        self._attributes = Attributes(attributes or {})
        self._listed: set[str] = set()
        self._children: defaultdict[str, set[str]] = defaultdict(set)
        self._sites: set[str] = set()
        self._origins: dict[str, Origin] = {"": Origin.OWN}
        for path in paths:
            self._learn(path)

    def origin(self, path: str) -> Origin:
        """Return whose content a file of the repository is."""
        folder, _, name = path.rpartition("/")
        by_path = Origin.OWN if _FORGE.fullmatch(path) else _first(self._folder(folder), _by_name(name))
        declared = self._attributes.of(path) if self._attributes else {}
        if _IN_FORCE.search(name):
            declared.pop("linguist-generated", None)
        return _declared(declared, by_path)

    def _learn(self, path: str) -> None:
        """Note which folders are siblings, and where documentation generators are set up."""
        folder, _, name = path.rpartition("/")
        if _SITE_GENERATOR.match(name):
            self._sites.update((folder, parent(folder)))
        while folder and folder not in self._listed:
            self._listed.add(folder)
            above, _, last = folder.rpartition("/")
            self._children[above].add(last.lower())
            if _SITE_GENERATOR.match(last):
                self._sites.update((above, parent(above)))
            folder = above

    def _folder(self, folder: str) -> Origin:
        """Return the origin of a folder: the strongest of its own name's and its parents'."""
        pending = []
        while folder not in self._origins:
            pending.append(folder)
            folder = folder.rpartition("/")[0]
        origin = self._origins[folder]
        for each in reversed(pending):
            origin = self._origins[each] = _first(origin, self._segment(each))
        return origin

    def _segment(self, folder: str) -> Origin:
        """Return what the last part of a folder's path says by itself."""
        above, _, last = folder.rpartition("/")
        name = last.lower()
        if name in _SITES:
            return Origin.DOCUMENTATION if folder in self._sites else Origin.OWN
        origin = _FOLDERS.get(name, Origin.OWN)
        if origin in (Origin.OWN, Origin.VENDORED, Origin.GENERATED):
            return origin
        if origin is Origin.ARCHIVED:
            return origin if name[0] in "._" or not above else Origin.OWN
        if _SOURCE_ROOT.search(above) or (origin is Origin.EXAMPLE and above and last != name):
            return Origin.OWN  # a package or namespace of that name: com/example, Identity.API/Quickstart
        if above.rpartition("/")[2].lower() in _COLLECTIONS and name not in ("tests", "examples", "fixtures"):
            return Origin.OWN
        if name in ("test", "testing", "e2e") and self._children[above] & _ENVIRONMENTS:
            return Origin.OWN
        return origin


def classify(path: str) -> Origin:
    """Return the origin of a path seen on its own, without a listing or attributes."""
    return Content((path,)).origin(path)


def examples_are_the_product(name: str, origins: Mapping[str, Origin]) -> bool:
    """Say whether a repository exists for its examples: its name says so, or there is little else in it.

    Files at the root, hidden ones, pictures and prose say nothing about what the product is and are not counted.
    """
    if _EXAMPLE_REPOSITORY.search(name):
        return True
    counts = Counter(origin for path, origin in origins.items() if not _INCIDENTAL.search(path))
    return counts[Origin.EXAMPLE] > 2 * counts[Origin.OWN]


def _by_name(name: str) -> Origin:
    for origin, pattern in _FILES:
        if pattern.search(name):
            return origin
    return Origin.OWN


def _first(*origins: Origin) -> Origin:
    return min(origins, key=_PRECEDENCE.index)


def _declared(attributes: Mapping[str, bool], by_path: Origin) -> Origin:
    """Apply what the authors declared: a mark sets the origin, a negation lifts the one the path suggested."""
    for origin in (Origin.VENDORED, Origin.GENERATED, Origin.DOCUMENTATION):
        mark = attributes.get(f"linguist-{origin}")
        if mark:
            return origin
        if mark is False and by_path is origin:
            return Origin.OWN
    return by_path
