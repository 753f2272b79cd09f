"""The dialogues, through a pseudo-terminal: what they offer, and that an interrupted one changes nothing."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

from tests.organizations import write

PROGRAM = str(Path(sys.executable).with_name("gitops-assess"))


class Dialogue:
    """A command that talks to a terminal."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.terminal, inner = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.process = subprocess.Popen(
            [PROGRAM, *arguments], cwd=folder, stdin=inner, stdout=inner, stderr=inner, env=environment, start_new_session=True
        )
        os.close(inner)
        self.shown = ""

    def until(self, text: str, seconds: float = 60) -> str:
        """Read until a text is shown."""
        end = time.monotonic() + seconds
        while text not in self.shown and time.monotonic() < end:
            ready, _, _ = select.select([self.terminal], [], [], 0.2)
            if ready:
                try:
                    data = os.read(self.terminal, 65536)
                except OSError:
                    break
                self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode("utf-8", "replace"))
        assert text in self.shown, self.shown
        return self.shown

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.terminal, keys.encode())

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(60)
        os.close(self.terminal)
        return code


def test_init_asks_and_writes_what_was_answered(tmp_path: Path) -> None:
    dialogue = Dialogue(tmp_path, "init")
    dialogue.until("Name of the organization")
    dialogue.type("\x15acme\r")
    dialogue.until("Steps of the path")
    dialogue.type("\r")
    dialogue.until("Score at which")
    dialogue.type("\r")
    dialogue.until("wrote")
    assert dialogue.end() == 0
    assert 'organization: "acme"' in (tmp_path / "gitops-assess.yaml").read_text()


def test_an_interrupted_dialogue_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"go.mod": "module acme/shop\n\ngo 1.25\n", "main.go": MAIN})
    dialogue = Dialogue(tmp_path, "scaffold")
    dialogue.until("What shall be generated?")
    dialogue.type("\x03")
    assert dialogue.end() == 130
    assert sorted(p.name for p in tmp_path.iterdir()) == ["go.mod", "main.go"]


def test_the_scaffold_dialogue_offers_what_is_missing_with_its_gain(tmp_path: Path) -> None:
    write(tmp_path, {"go.mod": "module acme/shop\n\ngo 1.25\n", "main.go": MAIN})
    dialogue = Dialogue(tmp_path, "scaffold")
    shown = dialogue.until("Dockerfile for a Go service (+")
    assert "What shall be generated?" in shown
    dialogue.type("\x03")
    dialogue.end()


MAIN = 'package main\n\nimport "net/http"\n\nfunc main() {\n\t_ = http.ListenAndServe(":8080", nil)\n}\n'
