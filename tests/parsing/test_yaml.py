"""YAML keeps its lines, survives hostile input, and Helm templates become readable without being rendered."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.parsing.templates import placeholder
from assessor.parsing.yaml import MAX_DEPTH, Map, Seq, Tagged, is_dynamic, neutralise, parse, parse_template


def value(text: str) -> Any:
    """Return the value of the only document."""
    stream = parse(text)
    assert stream.error is None, stream.error
    (document,) = stream.documents
    return document.value


def rendered(text: str) -> Any:
    """Return the value of the only document of a template."""
    stream = parse_template(text)
    assert stream.error is None, stream.error
    return next(d.value for d in stream.documents if d.value is not None)


def test_every_key_and_item_knows_its_line() -> None:
    found = value("a:\n  b: 1\n  c:\n  - x\n  - y: 2\n")
    assert isinstance(found, Map)
    assert found.line_of("a", "b") == 2
    assert found.line_of("a", "c", 1) == 5
    assert found.line_of("a", "missing", 3) == 1
    assert isinstance(found["a"]["c"], Seq)
    assert found["a"]["c"].lines == [4, 5]


def test_documents_of_a_stream_count_lines_from_the_top() -> None:
    stream = parse("---\na: 1\n---\n\nb: 2\n...\n---\nc: 3\n")
    assert [d.value for d in stream.documents] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert stream.documents[2].value.line_of("c") == 8


def test_what_precedes_a_syntax_error_is_kept() -> None:
    stream = parse("a: 1\n---\nb: [1\n---\nc: 2\n")
    assert [d.value for d in stream.documents] == [{"a": 1}]
    assert stream.error is not None
    assert stream.error.line >= 3


def test_merge_keys_fill_what_a_mapping_does_not_say_itself() -> None:
    found = value("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nlate: {y: 4, <<: [*b]}\n")
    assert found["use"] == {"x": 1, "y": 3}
    assert found["late"] == {"x": 1, "y": 4}


def test_truth_words_of_yaml_1_1_stay_text() -> None:
    assert value("on: push\nyes: no\nport: 0o17\nversion: 1.10\nbig: 123456789012345678901\n") == {
        "on": "push", "yes": "no", "port": "0o17", "version": 1.1, "big": "123456789012345678901",
    }  # fmt: skip


def test_custom_tags_keep_their_value() -> None:
    found = value("a: !Ref Bucket\nb: !reference [job, script]\nc: !vault |\n  abc\n")
    assert found["a"] == Tagged("!Ref", "Bucket")
    assert found["b"] == Tagged("!reference", ["job", "script"])
    assert found["c"].tag == "!vault"


def test_json_with_tabs_is_yaml_enough() -> None:
    assert value('{\n\t"a": {\n\t\t"b": [1, "x"]\n\t}\n}\n') == {"a": {"b": [1, "x"]}}


def test_tabs_as_indentation_of_yaml_are_an_error() -> None:
    assert parse("a:\n\tb: 1\n").error is not None


@pytest.mark.parametrize("text", ["[" * 100_000, "{" * 100_000, "- " * 100_000, "a: " + "[" * (MAX_DEPTH + 1)])
def test_deep_nesting_is_an_error_and_not_a_crash(text: str) -> None:
    assert parse(text).error is not None


def test_an_alias_bomb_is_refused() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    error = parse(bomb).error
    assert error is not None
    assert "aliases" in str(error)


def test_an_alias_of_what_it_stands_in_ends() -> None:
    assert value("a: &a [*a, 1]\n") == {"a": [None, 1]}


def test_an_unquoted_go_placeholder_is_text_and_no_mapping() -> None:
    found = value("server: {{url}}\nname: {{ cluster }}-app\nlist:\n- {{x}}\n")
    assert found == {"server": "{{url}}", "name": "{{ cluster }}-app", "list": ["{{x}}"]}
    assert is_dynamic(found["server"])


DEPLOYMENT = """\
{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "app.fullname" . }}
  labels:
    {{- include "app.labels" . | nindent 4 }}
    tier: web
  annotations:
    {{- range $key, $value := .Values.annotations }}
    {{ $key }}: {{ $value | quote }}
    {{- end }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  template:
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          args: ["--level={{ .Values.level }}", {{ .Values.extra | quote }}]
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          env:
          {{- range .Values.env }}
            - name: {{ .name }}
              value: {{ tpl .value $ }}
          {{- end }}
{{- end }}
"""


def test_a_helm_template_reads_as_the_object_it_renders_to() -> None:
    found = rendered(DEPLOYMENT)
    assert found["kind"] == "Deployment"
    assert found["metadata"]["name"] == "tpl-app.fullname"
    assert found["metadata"]["labels"] == {"tier": "web"}
    container = found["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "tpl-Values.image.repository:tpl-Values.image.tag"
    assert container["args"] == ["--level=tpl-Values.level", "tpl-Values.extra"]
    assert container["resources"] is None
    assert container["env"] == [{"name": "tpl-name", "value": "tpl-value"}]
    assert found.line_of("spec", "template", "spec", "containers", 0, "image") == 21


def test_a_block_that_an_action_begins_and_the_lines_below_go_on_with_is_one_block() -> None:
    text = (
        'labels: {{- include "labels" . | nindent 2 }}\n  {{- if .x }}\n  tier: web\n  {{- end }}\n'
        'probe: {{- toYaml (omit .Values.probe "enabled") | nindent 2 }}\n  httpGet:\n    path: /\n'
        "list:\n  - args: {{- toYaml .Values.args | nindent 6 }}\n      - --last\n  - name: {{ .Values.name }}\n    port: 1\n"
    )
    assert rendered(text) == {
        "labels": {"tier": "web"},
        "probe": {"httpGet": {"path": "/"}},
        "list": [{"args": ["--last"]}, {"name": "tpl-Values.name", "port": 1}],
    }


def test_templates_keep_the_number_of_their_lines() -> None:
    text = '{{/* a\ncomment with }} and "quotes\n*/}}\na: 1\n{{- if and .x\n   (eq .y "}}") }}\nb: 2\n{{- end }}\nc: 3\n'
    assert neutralise(text).count("\n") == text.count("\n")
    assert rendered(text).lines == {"a": 4, "b": 7, "c": 9}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kind: {{ if .Values.daemon }}DaemonSet{{ else }}Deployment{{ end }}", {"kind": "DaemonSet"}),
        ("kind: {{ if .a }}{{ else if .b }}B{{ else }}C{{ end }}", {"kind": "B"}),
        ("{{- if .a }}k: v{{ end }}", {"k": "v"}),
        ("name: {{ $.Release.Name }}-web", {"name": "tpl-Release.Name-web"}),
        ("v: {{ default \"x\" .Values.a.b }}", {"v": "tpl-Values.a.b"}),
        ("v: {{ printf \"%s-}}\" .Values.a }}", {"v": "tpl-Values.a"}),
        ("v: {{ printf \"%s/%s:%s\" .Values.r .Values.a.b (.Values.tag | default .Chart.AppVersion) | quote }}", {"v": "tpl-Values.r/tpl-Values.a.b:tpl-Values.tag"}),
        ("v: {{ printf \"%s/%s\" .Values.r }}", {"v": "tpl-Values.r"}),
        ("v: {{ `{{ raw }}` }}", {"v": "tpl-raw"}),
        ("v: '{{ .Values.x }}'", {"v": "tpl-Values.x"}),
        ("{{ .Values.key }}: 1", {"tpl-Values.key": 1}),
        ("v: {{- include \"x\" . | nindent 2 }}", {"v": "tpl-x"}),
        ("v: {% if a %}1{% endif %}", {"v": 1}),
    ],
)  # fmt: skip
def test_actions_within_a_line_leave_a_value(line: str, expected: dict[str, object]) -> None:
    assert rendered(line + "\n") == expected


def test_of_two_branches_that_cannot_stand_together_the_first_is_read() -> None:
    text = "image:\n  {{- if .x }}\n  a\n  {{- else }}\n  b: 1\n  {{- end }}\nnext: 1\n"
    assert rendered(text) == {"image": "a", "next": 1}


def test_of_a_key_that_both_branches_set_the_first_counts() -> None:
    text = "{{- if .x }}\napiVersion: policy/v1\n{{- else }}\napiVersion: policy/v1beta1\n{{- end }}\nkind: P\n"
    assert rendered(text)["apiVersion"] == "policy/v1"


def test_an_unreadable_line_of_a_template_costs_neither_its_document_nor_the_others() -> None:
    stream = parse_template("a: 1\n---\nkind: H\n- type: Pod\nname: {{ .n }}\n---\nc: {{ .c }}\n")
    values = [d.value for d in stream.documents]
    assert values[0] == {"a": 1}
    assert values[1]["kind"] == "H"
    assert values[-1] == {"c": "tpl-c"}


def test_an_action_that_never_ends_stays_text() -> None:
    assert neutralise("a: {{ .x\nb: 1\n") == "a: {{ .x\nb: 1\n"


def test_a_placeholder_is_named_after_what_is_printed() -> None:
    assert placeholder('template "app.name" .') == "tpl-app.name"
    assert placeholder('"a" | b64enc') == "tpl-a"
    assert placeholder(".") == "tpl-x"


@pytest.mark.parametrize(
    "text",
    ["{{" * 200_000, "{{/*" * 200_000, 'a: {{ "' + '\\"' * 200_000, "a: {{ `" * 50_000, "{{ x }}" * 100_000, "{% " * 200_000, "a: b: c\n" * 20_000 + "{{ x }}"],
)  # fmt: skip
def test_hostile_templates_take_no_more_than_linear_time(text: str) -> None:
    start = time.process_time()
    parse_template(text)
    assert time.process_time() - start < 20


PIECES = [
    "{{",
    "}}",
    "{{-",
    " if ",
    " else ",
    " end ",
    "/*",
    "*/",
    '"',
    "`",
    "a: ",
    "- ",
    "\n",
    "  ",
    "---\n",
    "&a ",
    "*a",
    "!t ",
    "<<: ",
    "[",
    "{",
    ",",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=60).map("".join))
def test_no_text_makes_the_parser_raise_or_lose_count_of_lines(text: str) -> None:
    parse(text)
    parse_template(text)
    assert neutralise(text).count("\n") == text.count("\n")
