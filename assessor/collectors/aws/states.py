"""Terraform state, of which only types and ids are kept: read when the user allows it, bounded, never whole in a fact.

State holds every attribute of every resource in clear text. The decoder below knows four names and skips the rest
unread, so no other value ever becomes an object.
"""

from __future__ import annotations

import re

import msgspec

from assessor.facts.aws import StateResource

from .asking import Asker
from .calls import BY_NAME
from .refusals import Refused, refused

MAX_BYTES = 64 * 1024 * 1024
_KEYS = ("aws_iam_access_key",)  # its id is half of a credential
_ID = re.compile(r"^[a-z]{1,12}-[0-9a-f]{8,17}$|^arn:aws[\w-]*:")  # ids that are theirs alone, as vpc-0a1b2c3d


class _Attributes(msgspec.Struct):
    id: msgspec.Raw = msgspec.Raw(b"null")  # of any type: a provider may call anything its id
    arn: msgspec.Raw = msgspec.Raw(b"null")


class _Instance(msgspec.Struct):
    attributes: _Attributes | None = None


class _Resource(msgspec.Struct):
    mode: str = ""
    type: str = ""
    instances: list[_Instance] | None = None


class _State(msgspec.Struct):
    version: int = 0
    resources: list[_Resource] | None = None


def read_state(ask: Asker, bucket: str, key: str) -> tuple[StateResource, ...]:
    """Return the AWS resources a state object manages; raises `Refused`, also for one that is too large or no state."""
    body = ask.ask("s3", "GetObject", Bucket=bucket, Key=key)["Body"]
    try:
        data = bytearray()
        for chunk in body.iter_chunks(1024 * 1024):  # to the end: only there a cut shows
            data += chunk
            if len(data) > MAX_BYTES:
                break
    except Exception as error:  # noqa: BLE001  a cut stream can raise anything; what is raised says it in our words
        raise refused(error, BY_NAME["s3", "GetObject"]) from None
    finally:
        body.close()
    if len(data) > MAX_BYTES:
        raise Refused("large", f"the state is larger than {MAX_BYTES // 1024**2} MiB and was not read")
    return resources(bytes(data))


def resources(data: bytes) -> tuple[StateResource, ...]:
    """Return the managed AWS resources of a state file's bytes, sorted; raises `Refused` where they are no state."""
    try:
        state = msgspec.json.decode(data, type=_State)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise Refused("malformed", "the object is no Terraform state this program understands") from None
    if state.version != 4:
        raise Refused("malformed", f"the state has format {state.version}; 4 is understood (encrypted states are not)")
    found = set()
    for resource in state.resources or ():
        if resource.mode == "managed" and resource.type.startswith(("aws_", "awscc_")) and resource.type not in _KEYS:
            found |= {StateResource(resource.type, _path(instance.attributes)) for instance in resource.instances or ()}
    return tuple(sorted(found))


def _path(attributes: _Attributes | None) -> str:
    if attributes is None:
        return ""
    for raw in (bytes(attributes.arn), bytes(attributes.id)):
        text = raw.decode("utf-8", "replace").strip('"') if len(raw) <= 2048 and raw.startswith(b'"') else ""
        if _ID.match(text):  # ids and ARNs of AWS have no character that JSON escapes
            return text
    return ""
