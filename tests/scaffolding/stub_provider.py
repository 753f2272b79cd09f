"""A stand-in for a Terraform provider: it serves a schema and accepts whatever fits it. It creates nothing.

Run by `terraform` through a small script (see `terraform_judge`) with the file of its schemas as argument. The plug-in
protocol's messages and server come from the package `tf`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ACCEPTED = (
    "GetMetadata",
    "ValidateProviderConfig",
    "ValidateResourceConfig",
    "ValidateDataResourceConfig",
    "ValidateEphemeralResourceConfig",
    "StopProvider",
)
NESTING = {"list": 2, "set": 3, "struct": 1, "map": 4}  # NestingMode of the protocol: SINGLE, LIST, SET, MAP
# Newer than the messages of `tf`, so written as the wire format has them: number of the field, kind of its value.
WRITE_ONLY = bytes([11 << 3, 1])  # Schema.Attribute.write_only = true
EPHEMERAL = bytes([8 << 3 | 2])  # GetProviderSchema.Response.ephemeral_resource_schemas, an entry with its length


def _attribute(pb: Any, name: str, known: dict[str, Any]) -> Any:
    # What is optional may be computed as well; the packages do not tell, and validation treats both alike.
    computed = not known["required"] and not known["write_only"]
    kind = json.dumps(known["type"]).encode()
    message = pb.Schema.Attribute(name=name, type=kind, required=known["required"], optional=known["optional"], computed=computed)
    if known["write_only"]:
        message.MergeFromString(WRITE_ONLY)
    return message


def _length(number: int) -> bytes:
    """Return a number as the wire format writes it, seven bits a byte."""
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def _block(pb: Any, schema: dict[str, Any]) -> Any:
    attributes = [_attribute(pb, name, known) for name, known in sorted(schema["attributes"].items())]
    blocks = [
        pb.Schema.NestedBlock(
            type_name=name,
            block=_block(pb, known["block"]),
            nesting=NESTING.get(known["nesting"], 2),
            min_items=known["min"],
            max_items=known["max"],
        )
        for name, known in sorted(schema["blocks"].items())
    ]
    return pb.Schema.Block(attributes=attributes, block_types=blocks)


def _schemas(pb: Any, file: str) -> bytes:
    """Return the answer to GetProviderSchema: what the file holds."""
    known = json.loads(Path(file).read_text())

    def schemas(kind: str) -> dict[str, Any]:
        return {name: pb.Schema(version=0, block=_block(pb, value)) for name, value in known[kind].items()}

    response = pb.GetProviderSchema.Response(
        provider=pb.Schema(version=0, block=_block(pb, known["provider"])),
        resource_schemas=schemas("resources"),
        data_source_schemas=schemas("data"),
    )
    for name, value in schemas("ephemeral").items():
        entry = pb.GetProviderSchema.Response.DataSourceSchemasEntry(key=name, value=value).SerializeToString()
        response.MergeFromString(EPHEMERAL + _length(len(entry)) + entry)
    answer: bytes = response.SerializeToString()
    return answer


def serve(file: str) -> None:
    """Serve the schemas of a file until Terraform says stop; every other question gets an empty answer: no complaints."""
    import grpc
    import tf.provider
    from tf.gen import tfplugin_pb2 as pb
    from tf.gen import tfplugin_pb2_grpc as rpc
    from tf.runner import run_provider

    answers = dict.fromkeys(ACCEPTED, b"") | {"GetProviderSchema": _schemas(pb, file)}

    def handler(answer: bytes) -> Any:
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: answer)

    def add(_servicer: object, server: Any) -> None:
        handlers = {name: handler(answer) for name, answer in answers.items()}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers),))

    # Of `tf` only the server is wanted: how it greets Terraform, its certificate, when it stops.
    rpc.add_ProviderServicer_to_server = add
    tf.provider.ProviderServicer = lambda _provider: None
    run_provider(None, [""])


if __name__ == "__main__":
    serve(sys.argv[1])
