"""The AWS account of the sample organization (examples/acme), on loopback: mostly what its files declare, and not all.

What does not agree, on purpose: versioning of the state's bucket is suspended; `live/dev/cluster` was never applied; the
production cluster runs another version than its file says; a sandbox cluster and an image repository were made by hand; a
stack drifted; a queue and a database belong to nobody.

    python -m tests.standins.acme_aws          # serve, and print what to set to ask it
"""

from __future__ import annotations

import datetime
import json
import os
import time
from typing import Any

import boto3

from tests.standins import aws
from tests.standins.aws import ACCOUNT, Server

REGION = "eu-west-1"
BUCKET = "acme-example-terraform-state"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
ALL_BLOCKS = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
_VERSIONS = {
    "v1_35": "STANDARD_SUPPORT",
    "v1_34": "STANDARD_SUPPORT",
    "v1_33": "EXTENDED_SUPPORT",
    "v1_32": "EXTENDED_SUPPORT",
    "v1_31": "UNSUPPORTED",
    "v1_30": "UNSUPPORTED",
}


def populate(server: Server) -> None:
    """Fill a stand-in with the account of the sample organization."""
    lately = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=4)
    drifted = aws.stacks(aws.stack("office-vpn", "DRIFTED", lately.isoformat()), aws.stack("CDKToolkit"))
    server.on("cloudformation", "ListStacks", drifted, region=REGION)
    server.on("cloudformation", "ListStackResources", aws.stack_resources(("AWS::S3::Bucket", f"cdk-assets-{ACCOUNT}")))
    server.on("eks", "GET /cluster-versions", aws.versions(**_VERSIONS))
    aws.healthy(server)
    session = boto3.Session(
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    clients: dict[str, Any] = {}
    for name in ("s3", "ec2", "ecr", "eks", "iam", "sqs", "dynamodb", "secretsmanager"):
        clients[name] = session.client(name, endpoint_url=server.url)
    try:
        _fill(clients)
    finally:
        for client in clients.values():
            client.close()


def _fill(clients: dict[str, Any]) -> None:
    clients["iam"].create_account_alias(AccountAlias="acme-production")
    tag = {"ManagedBy": "terraform"}
    vpc = clients["ec2"].create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    clients["ec2"].create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "acme-prod"}])
    clients["sqs"].create_queue(QueueName="orders", tags=tag)
    clients["sqs"].create_queue(QueueName="refunds-by-hand", tags={"team": "finance"})
    clients["dynamodb"].create_table(
        TableName="loyalty-points",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        Tags=[{"Key": "team", "Value": "shop"}],
    )
    for name in ("checkout", "catalog", "legacy-batch", "loyalty-spike"):
        mutability = "IMMUTABLE" if name == "checkout" else "MUTABLE"
        clients["ecr"].create_repository(repositoryName=name, imageTagMutability=mutability)
    rule = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}]}
    clients["ecr"].put_registry_scanning_configuration(scanType="BASIC", rules=[rule])
    for name, version in (("acme-prod", "1.33"), ("sandbox", "1.31")):
        clients["eks"].create_cluster(
            name=name, version=version, roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks", resourcesVpcConfig={"subnetIds": []}
        )
    clients["secretsmanager"].create_secret(Name="prod/ledger/database", SecretString="only moto sees this")
    _state(clients["s3"], vpc)


def _state(s3: Any, vpc: str) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.create_bucket(Bucket=f"cdk-assets-{ACCOUNT}", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=ALL_BLOCKS)
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [kms]})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    arn = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"
    repositories = [
        ("aws_ecr_repository", arn.format("ecr", f"repository/{name}")) for name in ("checkout", "catalog", "legacy-batch")
    ]
    states = {
        "shared/foundation": [("aws_s3_bucket", f"arn:aws:s3:::{BUCKET}")],
        "shared/registry": repositories,
        "dev/network": [],
        "prod/network": [("aws_vpc", arn.format("ec2", f"vpc/{vpc}"))],
        "prod/cluster": [
            ("aws_eks_cluster", arn.format("eks", "cluster/acme-prod")),
            ("aws_secretsmanager_secret", arn.format("secretsmanager", "secret:prod/ledger/database-a1b2c3")),
        ],
    }
    for root, resources in states.items():
        key = f"{root}/terraform.tfstate"
        listed = [{"mode": "managed", "type": t, "instances": [{"attributes": {"arn": a, "id": a}}]} for t, a in resources]
        s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps({"version": 4, "resources": listed}).encode())
        if root != "prod/cluster":  # which does not lock
            s3.put_object(Bucket=BUCKET, Key=f"{key}.tflock", Body=b"{}")
            s3.delete_object(Bucket=BUCKET, Key=f"{key}.tflock")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


def main() -> None:
    """Serve until interrupted."""
    with aws.serve() as server:
        populate(server)
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": server.url}.items():
            print(f"export {name}={value}", flush=True)  # noqa: T201  a program for people
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
