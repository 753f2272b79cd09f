"""The sample organization joined with its AWS account and its cluster, each a stand-in on this machine.

    make live-demo [ARGUMENTS="--format json -o -"]

Starts both stand-ins (those of the tests), writes a kubeconfig for them into a temporary folder, and runs the installed
`gitops-assess` as anybody would. Nothing leaves the machine; what the program is told to trust ends with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.standins import acme_aws, acme_cluster, aws, cluster  # noqa: E402  found only once the path is set

COMMAND = ("scan", "examples/acme", "--aws", "--kube")
LIVE = f"\nlive:\n  aws:\n    regions: [{acme_aws.REGION}]\n    read_state: true\n"
DEFAULT = ("--format", "table", "--format", "html", "-o", "live-report.html")


def main(arguments: Sequence[str]) -> int:
    """Run the scan with further arguments; return its exit code."""
    program = Path(sys.executable).with_name("gitops-assess")
    with aws.serve() as account, cluster.serve(acme_cluster.populate()) as prod, tempfile.TemporaryDirectory() as folder:
        account.reset()
        acme_aws.populate(account)
        kubeconfig = cluster.kubeconfig(Path(folder) / "kubeconfig", {acme_cluster.CONTEXT: prod})
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {**acme_aws.ENVIRONMENT, "AWS_ENDPOINT_URL": account.url, "KUBECONFIG": str(kubeconfig)}
        settings = Path(folder) / "settings.yaml"  # what to ask is only taken from a file that is named
        settings.write_text((ROOT / "examples/acme/gitops-assess.yaml").read_text() + LIVE)
        words = [*COMMAND, "--config", str(settings), *(arguments or DEFAULT)]
        print(f"$ gitops-assess {' '.join(words)}", file=sys.stderr, flush=True)
        return subprocess.run([program, *words], env=environment, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
