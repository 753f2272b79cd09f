"""Answers come from evidence and say so; nothing of a person's is overwritten; a write is all or nothing."""

from __future__ import annotations

import http.server
import json
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from assessor.errors import UsageError
from assessor.scaffolding import writing
from assessor.scaffolding.answering import mistake, parse_options
from assessor.scaffolding.evidence import parse_remote, slug
from assessor.scaffolding.template import Question, load_templates, read_template
from tests.organizations import write

TEMPLATES = Path(__file__).parent / "templates"
PROGRAM = str(Path(sys.executable).with_name("gitops-assess"))


def scaffold(*arguments: str | Path, cwd: Path | None = None, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "100"} | ({"HOME": str(home), "XDG_CACHE_HOME": str(home)} if home else {})
    command = [PROGRAM, "scaffold", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False, timeout=120)


def greet(root: Path, *more: str | Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    return scaffold("step", "gitops", root, "--only", "greeting", "--templates", TEMPLATES, "--yes", *more, home=home)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = write(tmp_path / "shop", {"app.py": "print()\n", "kustomization.yaml": "resources: []\n"})
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
    subprocess.run(["git", "-C", root, "add", "."], check=True)
    subprocess.run(["git", "-C", root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "Begin"], check=True)
    return root


def tree(root: Path) -> dict[str, str]:
    return {
        str(p.relative_to(root)): p.read_text()
        for p in sorted(root.rglob("*"))
        if p.is_file() and ".git" not in p.relative_to(root).parts
    }


def test_a_dry_run_shows_a_diff_and_changes_nothing(repository: Path) -> None:
    before = tree(repository)
    done = greet(repository, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "+++ b/shop/.github/CODEOWNERS" in done.stdout
    assert "+* @acme/shop" in done.stdout
    assert "Greet back." in done.stderr
    assert tree(repository) == before


def test_answers_and_their_origins_are_shown_as_json(repository: Path) -> None:
    done = greet(repository, "--dry-run", "--format", "json", "--set", "port=8080")
    (piece,) = json.loads(done.stdout)["pieces"]
    assert piece["answers"]["name"] == {"value": "shop", "origin": "shop"}
    assert piece["answers"]["port"] == {"value": "8080", "origin": "the option --set"}
    assert piece["answers"]["folder"] == {"value": ".github", "origin": "default"}
    assert piece["files"] == [{"path": ".github/CODEOWNERS", "action": "new"}]


def test_writing_keeps_foreign_braces_and_a_second_run_is_idle(repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = greet(repository, home=home)
    assert done.returncode == 0, done.stderr
    written = (repository / ".github/CODEOWNERS").read_text()
    assert "${{ github.sha }} {{ .Values.x }} 80" in written
    assert not [p for p in home.rglob("*") if "cookiecutter" in p.name], "nothing is written to the user's home"
    before = tree(repository)
    again = greet(repository)
    assert again.returncode == 0, again.stderr
    assert tree(repository) == before


def commit(repository: Path) -> None:
    subprocess.run(["git", "-C", repository, "add", "-A"], check=True)
    subprocess.run(["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "Save"], check=True)


def test_a_later_run_merges_what_you_changed_with_what_the_template_changed(repository: Path) -> None:
    greet(repository)
    file = repository / ".github/CODEOWNERS"
    file.write_text(file.read_text().replace("# last", "# mine"))
    commit(repository)
    done = greet(repository, "--set", "name=moon")
    assert done.returncode == 0, done.stderr
    assert "updated   .github/CODEOWNERS" in done.stderr
    assert "@acme/moon" in file.read_text()
    assert "# mine" in file.read_text()
    commit(repository)
    assert "nothing to do" in greet(repository).stderr


def test_changes_of_the_same_lines_become_conflict_markers(repository: Path) -> None:
    greet(repository)
    file = repository / ".github/CODEOWNERS"
    file.write_text(file.read_text().replace("@acme/shop", "@acme/mine"))
    commit(repository)
    done = greet(repository, "--set", "name=moon")
    assert "conflict" in done.stderr
    text = file.read_text()
    assert "<<<<<<<" in text
    assert "@acme/mine" in text
    assert "@acme/moon" in text


def test_a_file_with_uncommitted_changes_is_not_touched(repository: Path) -> None:
    greet(repository)
    commit(repository)
    file = repository / ".github/CODEOWNERS"
    file.write_text(file.read_text() + "# unsaved\n")
    before = tree(repository)
    done = greet(repository, "--set", "name=moon")
    assert done.returncode == 2
    assert "not committed" in done.stderr
    assert tree(repository) == before


def test_a_generated_file_that_git_ignores_is_named(repository: Path) -> None:
    write(repository, {".gitignore": "CODE*\n"})
    done = greet(repository)
    assert done.returncode == 0, done.stderr
    assert "leaves 1 of the generated files out of git, e.g. .github/CODEOWNERS" in done.stderr


def test_a_file_of_a_persons_own_is_kept_unless_it_is_named(repository: Path) -> None:
    write(repository, {".github/CODEOWNERS": ""})
    done = greet(repository)
    assert "exists and is kept" in done.stderr
    assert (repository / ".github/CODEOWNERS").read_text() == ""
    named = greet(repository, "--overwrite", ".github/CODEOWNERS", "--output", repository.parent / "out")
    assert named.returncode == 0, named.stderr
    assert "@acme/shop" in (repository.parent / "out/shop/.github/CODEOWNERS").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["step", "six"], "no step 'six'"),
        (["step", "kubernets"], "Did you mean 'kubernetes'?"),
        (["step", "4", "absent"], "absent"),
        (["step", "4", ".", "--only", "greetin", "--templates", str(TEMPLATES)], "Did you mean 'greeting'?"),
        (["step", "4", ".", "--set", "prt=1", "--templates", str(TEMPLATES)], "Did you mean 'port'?"),
        (["step", "4", ".", "--set", "port"], "is not key=value"),
        (
            ["step", "4", ".", "--yes", "--only", "greeting", "--templates", str(TEMPLATES), "--set", "port=many"],
            "is not a port number",
        ),
        (
            ["step", "4", ".", "--yes", "--only", "greeting", "--templates", str(TEMPLATES), "--set", "folder=../x"],
            "is not a path",
        ),
        (["step", "4", ".", "--cloud", "awss"], "Did you mean 'aws'?"),
        (["step", "4", ".", "--answers", "absent.yaml"], "cannot be read"),
        (["step", "4", ".", "--templates", "absent"], "neither a folder"),
        (["all", ".", "--format", "pdf"], "unknown format"),
        ([], "needs a terminal"),
    ],
)
def test_each_mistake_has_a_clear_message_and_changes_nothing(repository: Path, arguments: list[str], says: str) -> None:
    before = tree(repository)
    done = scaffold(*arguments, cwd=repository)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert tree(repository) == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port: [1]\n", "answers.yaml:1: port must be a single value, not Seq"),
        ("prt: 1\n", "answers.yaml:1: no template asks for 'prt'"),
        ("pieces:\n  greeting: 3\n", "answers.yaml:2: the answers of 'greeting' are not a mapping"),
        ("- x\n", "not a mapping"),
        ("a: [", "not valid YAML"),
    ],
)
def test_a_wrong_answers_file_is_named_with_its_line(repository: Path, text: str, says: str) -> None:
    write(repository.parent, {"answers.yaml": text})
    done = greet(repository, "--answers", repository.parent / "answers.yaml")
    assert done.returncode == 2
    assert says in done.stderr


def test_an_answers_file_replays_a_run(repository: Path) -> None:
    write(repository.parent, {"answers.yaml": "port: 8443\npieces:\n  greeting: {name: sun}\n"})
    greet(repository, "--answers", repository.parent / "answers.yaml")
    text = (repository / ".github/CODEOWNERS").read_text()
    assert "@acme/sun" in text
    assert "8443" in text


def test_a_template_with_an_undefined_variable_is_named(repository: Path, tmp_path: Path) -> None:
    broken = tmp_path / "templates/broken"
    write(broken, {p: (TEMPLATES / "greeting" / p).read_text() for p in ("template.yaml", "cookiecutter.json")})
    write(broken, {"[[cookiecutter.slug]]/CODEOWNERS": "[[ cookiecutter.nmae ]]\n"})
    done = scaffold("step", "4", repository, "--only", "broken", "--templates", tmp_path / "templates", "--yes")
    assert done.returncode == 2
    assert "the template broken cannot be rendered" in done.stderr
    assert "nmae" in done.stderr


def test_hooks_of_a_template_never_run(repository: Path, tmp_path: Path) -> None:
    hooked = tmp_path / "templates/hooked"
    write(hooked, {p: (TEMPLATES / "greeting" / p).read_text() for p in ("template.yaml", "cookiecutter.json")})
    write(hooked, {"[[cookiecutter.slug]]/CODEOWNERS": "* @a/b\n"})
    for hook in ("pre_prompt", "pre_gen_project", "post_gen_project"):
        write(hooked, {f"hooks/{hook}.sh": f"#!/bin/sh\ntouch {tmp_path}/ran\n"})
        (hooked / f"hooks/{hook}.sh").chmod(0o755)
    done = scaffold("step", "4", repository, "--only", "hooked", "--templates", tmp_path / "templates", "--yes")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


class _GitOverHttp(http.server.BaseHTTPRequestHandler):
    """Serves git repositories below `root` as forges do, with git's own back end."""

    protocol_version = "HTTP/1.1"
    root: Path

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }  # fmt: skip
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 (the name http.server calls)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_templates_come_from_a_git_address_and_their_hooks_never_run(repository: Path, tmp_path: Path, scheme: str) -> None:
    theirs = tmp_path / "served/theirs"
    for file in (TEMPLATES / "greeting").rglob("*"):
        if file.is_file():
            write(theirs / "greeting", {str(file.relative_to(TEMPLATES / "greeting")): file.read_text()})
    write(theirs, {"greeting/hooks/post_gen_project.sh": f"#!/bin/sh\ntouch {tmp_path}/ran\n"})
    (theirs / "greeting/hooks/post_gen_project.sh").chmod(0o755)
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", "-C", theirs, *arguments], check=True)
    write(theirs, {".git/hooks/post-checkout": f"#!/bin/sh\ntouch {tmp_path}/ran\n"})
    handler = type("Handler", (_GitOverHttp,), {"root": tmp_path / "served"})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"file://{theirs}" if scheme == "file" else f"http://127.0.0.1:{server.server_port}/theirs/.git"
    try:
        done = scaffold("step", "gitops", repository, "--only", "greeting", "--templates", address, "--yes")
        gone = scaffold("list", "--templates", address.replace("theirs", "gone"))
    finally:
        server.shutdown()
        server.server_close()
    assert done.returncode == 0, done.stderr
    assert (repository / ".github/CODEOWNERS").is_file()
    assert not (tmp_path / "ran").exists()
    assert gone.returncode == 2
    assert "cannot be cloned" in gone.stderr
    assert "Traceback" not in gone.stderr


def test_a_link_that_leads_out_is_refused(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (repository / ".github").symlink_to(tmp_path / "outside")
    done = greet(repository)
    assert done.returncode == 2
    assert "leads out" in done.stderr
    assert list((tmp_path / "outside").iterdir()) == []


FILES = {f"folder{n}/file{n}.txt": f"{n}\n" * 50 for n in range(40)}


def test_a_full_disk_in_the_middle_leaves_the_tree_as_it_was(repository: Path) -> None:
    write(repository, {"folder3/file3.txt": "mine\n"})
    before = tree(repository)
    script = textwrap.dedent(f"""
        import resource, signal, sys
        from pathlib import Path
        from assessor.errors import UsageError
        from assessor.scaffolding.writing import write_all
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        files = {{f"folder{{n}}/file{{n}}.txt": "x" * (100 * n) for n in range(60)}}
        try:
            write_all(Path({str(repository)!r}), files)
        except UsageError as error:
            sys.exit(7)
    """)
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert done.returncode == 7
    assert tree(repository) == before
    assert resource.RLIMIT_FSIZE is not None


def test_a_killed_write_is_undone_by_the_next_run(repository: Path) -> None:
    write(repository, {"folder3/file3.txt": "mine\n"})
    before = tree(repository)
    script = textwrap.dedent(f"""
        import os, time
        from pathlib import Path
        from assessor.scaffolding.writing import write_all
        slow = Path.replace
        def replace(self, target):
            time.sleep(0.01)
            return slow(self, target)
        Path.replace = replace
        print("go", flush=True)
        write_all(Path({str(repository)!r}), {FILES!r})
    """)
    generator = random.Random(4)  # noqa: S311  when to kill is no secret
    interrupted = 0
    for _ in range(12):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(generator.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        process.stdout.close()
        interrupted += writing.recover(repository)
        left = {path: text for path, text in tree(repository).items() if not path.startswith(".gitops-assess/")}
        assert left == before
    assert interrupted >= 3, "the kills must have hit the middle of writes for this to show anything"


def test_a_journal_cannot_make_us_remove_what_we_did_not_write(repository: Path) -> None:
    write(
        repository,
        {
            ".gitops-assess/journal.json": json.dumps(
                [
                    {"path": "app.py", "existed": False, "folders": [], "made": "0"},
                    {"path": "../x", "existed": False, "folders": [], "made": "0"},
                ]
            )
        },
    )
    writing.recover(repository)
    assert (repository / "app.py").exists()


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("name", "my-app", "My App"),
        ("port", "8080", "99999"),
        ("path", "services/app", "/etc"),
        ("path", ".", "a/../../b"),
        ("version", "3.12", "latest please"),
        ("image", "registry.example.org:5000/a/b:1.2", "a b"),
        ("url", "https://example.org/a.git", "javascript:alert(1)"),
        ("text", "hello world", 'say "hi"'),
    ],
)
def test_answers_have_a_shape(kind: str, good: str, bad: str) -> None:
    question = Question(kind=kind)  # type: ignore[arg-type]  # one of the literals
    assert mistake(question, good) == ""
    assert mistake(question, bad)


def test_options_are_read_strictly() -> None:
    assert parse_options(["a=b=c"], {"a"}) == {"a": "b=c"}
    with pytest.raises(UsageError):
        parse_options(["b=c"], {"a"})


@pytest.mark.parametrize(
    ("remote", "parts"),
    [
        ("https://github.com/acme/shop.git", ("github.com", "acme", "shop")),
        ("git@github.com:acme/shop.git", ("github.com", "acme", "shop")),
        ("ssh://git@gitlab.example.org:2222/a/b/c", ("gitlab.example.org", "a/b", "c")),
        ("/srv/git/shop", ("", "", "")),
        ("", ("", "", "")),
    ],
)
def test_a_remote_tells_host_owner_and_name(remote: str, parts: tuple[str, str, str]) -> None:
    assert parse_remote(remote) == parts


def test_a_slug_is_a_name_everywhere() -> None:
    assert slug("My App_v2!") == "my-app-v2"
    assert slug("***") == "app"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"template.yaml": "family: x\n"}, "missing required field"),
        ({"template.yaml": "family: [\n"}, "not valid YAML"),
        ({"cookiecutter.json": "{"}, "no readable cookiecutter.json"),
        ({"cookiecutter.json": "{}"}, "answers that cookiecutter.json does not have"),
    ],
)
def test_a_broken_template_is_named(tmp_path: Path, change: dict[str, str], says: str) -> None:
    files = {p: (TEMPLATES / "greeting" / p).read_text() for p in ("template.yaml", "cookiecutter.json")}
    write(tmp_path / "t", {**files, **change})
    with pytest.raises(UsageError, match=says):
        read_template(tmp_path / "t/template.yaml", "test")


def test_a_template_that_comes_twice_names_both_origins() -> None:
    with pytest.raises(UsageError, match="comes twice"):
        load_templates([TEMPLATES, TEMPLATES.parent / "templates" / "greeting"])


def test_what_is_left_for_a_person_depends_on_the_answers(repository: Path, tmp_path: Path) -> None:
    some = tmp_path / "templates/some"
    write(some, {p: (TEMPLATES / "greeting" / p).read_text() for p in ("template.yaml", "cookiecutter.json")})
    text = (some / "template.yaml").read_text()
    line = "  - \"[% if cookiecutter.port == '443' %]Get a certificate for [[ cookiecutter.name ]].[% endif %]\""
    write(some, {"template.yaml": text.replace("  - Greet back.", line), "[[cookiecutter.slug]]/CODEOWNERS": "* @a/b\n"})
    command = ("step", "4", repository, "--only", "some", "--templates", tmp_path / "templates", "--yes", "--dry-run")
    assert "left for you" not in scaffold(*command).stderr
    assert "Get a certificate for shop." in scaffold(*command, "--set", "port=443").stderr
