"""Scripts are split into commands as a shell would split them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.parsing.shell import Simple, commands, commands_of


def argvs(script: str) -> list[tuple[str, ...]]:
    return [command.argv for command in commands(script)]


def tolerated(script: str) -> list[str]:
    return [command.argv[0] for command in commands(script) if command.tolerated]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("docker build -t 'a b' . \\\n  --push", [("docker", "build", "-t", "a b", ".", "--push")]),
        ("A=1 B='x y' make image", [("make", "image")]),
        ('echo "it\'s" # not a comment "\nnext', [("echo", "it's"), ("next",)]),
        ("a; b && c || d | e & f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("kubectl apply -f - <<EOF\nkind: docker push\nEOF\nlast", [("kubectl", "apply", "-f", "-"), ("last",)]),
        ("cat <<-'END' > f\n\tdocker push x\n\tEND\nlast", [("cat",), ("last",)]),
        ("bash <<EOF\ndocker push x\nEOF", [("bash",), ("docker", "push", "x")]),
        ("terraform plan > plan.txt 2>&1", [("terraform", "plan")]),
        ("docker push ${{ env.A || 'b c' }}/d", [("docker", "push", "${{ env.A || 'b c' }}/d")]),
        ("task deploy {{ .NAME }}", [("task", "deploy", "{{ .NAME }}")]),
        ("arr=(a b)\nnext", [("next",)]),
        ("[[ $a == b && -n $c ]] && go", [("go",)]),
        ("if ((x > 1)); then a; fi", [("a",)]),
    ],
)
def test_words_and_operators_are_told_apart(script: str, expected: list[tuple[str, ...]]) -> None:
    assert argvs(script) == expected


@pytest.mark.parametrize(
    "script",
    [
        "if true_; then\n  docker push x\nfi",
        "for i in a b; do docker push x; done",
        "while read l; do\n docker push x\ndone",
        'case "$1" in\n push)\n  docker push x\n  ;;\nesac',
        "push() {\n docker push x\n}",
        "function push {\n docker push x\n}",
        "(cd a && docker push x)",
        "digest=$(docker push x)",
        'echo "pushed $(docker push x)"',
        "echo `docker push x`",
        "diff <(docker push x) b",
        "sh -c 'docker push x'",
        "bash -euxc 'set -x; docker push x'",
    ],
)
def test_a_command_is_found_wherever_it_stands(script: str) -> None:
    assert ("docker", "push", "x") in argvs(script)


def test_the_pattern_before_the_end_of_a_case_does_not_swallow_what_follows() -> None:
    assert argvs('case "$k" in\n a|b)\n  x\n  ;;\n *)\n  y\n  ;;\nesac\nz') == [("x",), ("y",), ("z",)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("scan || true", ["scan"]),
        ("a && b || echo failed", ["a", "b"]),
        ("scan || { echo bad; exit 1; }", []),
        ("scan || { echo bad; }", ["scan"]),
        ("scan || \\\n  true\nnext", ["scan"]),
        ("scan || exit 0", ["scan"]),
        ("scan || exit 1", []),
        ("set +e\nscan\nset -e\nother", ["scan", "set"]),
        ("set -euo pipefail\nscan", []),
    ],
)
def test_a_failure_that_is_ignored_is_marked(script: str, expected: list[str]) -> None:
    assert tolerated(script) == expected


def test_cd_is_followed_and_a_subshell_comes_back() -> None:
    found = commands("(cd infra && make plan)\nmake test\ncd a\ncd b; make build\npopd\npushd c; make d; popd; make e")
    assert [(c.argv[1], c.folder) for c in found if c.argv[0] == "make"] == [
        ("plan", "infra"),
        ("test", ""),
        ("build", "a/b"),
        ("d", "a/c"),
        ("e", "a"),
    ]


def test_texts_of_one_shell_share_its_folder_and_keep_their_lines() -> None:
    assert commands_of([("cd infra", 7), ("terraform plan", 9)])[-1] == Simple(("terraform", "plan"), 9, folder="infra")


def test_a_command_knows_its_line() -> None:
    assert [c.line for c in commands("\na \\\n b\nc", line=10)] == [11, 13]


@given(st.text(alphabet=st.sampled_from("ab \n\t'\"`$(){}[]<>|&;#\\=!-0E\u2028é"), max_size=400))
def test_any_text_is_split_without_an_error(script: str) -> None:
    for command in commands(script):
        assert command.argv
        assert command.line >= 1


@pytest.mark.parametrize(
    "piece",
    [
        "$(",
        '"',
        "'",
        "`",
        "{{",
        "((",
        "${",
        "{ ",
        "case x in ",
        "a || ",
        "\\",
        '"$(',
        "<(",
        "x || { ",
        "{ a; }||",
        "a<<E\n",
        "${{ ",
        "a <<E\n'",
    ],
)
def test_the_time_grows_with_the_length_only(piece: str) -> None:
    script = piece * (150_000 // len(piece))
    start = time.process_time()
    commands(script)
    assert time.process_time() - start < 5


def test_a_program_named_by_a_literal_variable_is_known() -> None:
    assert argvs('SCAN="${SCAN:-grype}"\n"$SCAN" x') == [("grype", "x")]
    assert argvs("export B='docker buildx'; ${B} build .")[-1] == ("docker", "buildx", "build", ".")
    assert argvs('SCAN=grype\nSCAN="$1"\n$SCAN x') == [("$SCAN", "x")]


def test_literal_arrays_are_taken_for_the_words_they_hold() -> None:
    assert argvs('A=(--push # why\n  -t "a b")\nA+=(-f x)\ndocker build "${A[@]}" .') == [
        ("docker", "build", "--push", "-t", "a b", "-f", "x", ".")
    ]
    assert argvs('docker build "${A[@]}" .') == [("docker", "build", "${A[@]}", ".")]


def test_a_loop_over_one_pattern_says_where_its_variable_leads() -> None:
    script = "for d in $PWD/examples/*; do\n  cd $d\n  plan\ndone"
    assert commands(script)[-1].folder == "$PWD/examples/*"
    assert commands(script.replace("/*;", "/* b;"))[-1].folder == "$d"


def test_arrays_that_refer_to_arrays_stay_small() -> None:
    script = "A=(a b)\n" + 'A+=("${A[@]}" x y)\n' * 2_000 + 'run "${A[@]}"\n' * 2_000
    assert sum(len(argv) for argv in argvs(script)) < 20_000
