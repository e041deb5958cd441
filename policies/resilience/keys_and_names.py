"""RES009: keys, secrets, certificates and host names are there before they are needed, in every region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator import hosts, naming
from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.plan_json import Resource

RULE: Final = "RES009"
KEYS: Final = "AWS KMS Developer Guide, Aliases in AWS KMS: an alias is of one Region"
SECRETS: Final = "AWS Secrets Manager User Guide, Replicate AWS Secrets Manager secrets across Regions"
CERTIFICATES: Final = (
    "Amazon API Gateway Developer Guide, Custom domain names: certificates of the API's own Region"
)


def check(estate: Estate) -> Iterator[Finding]:
    yield from _keys(estate)
    for secret in estate.everywhere("aws_secretsmanager_secret"):
        yield from _secret(estate, secret)
    if estate.manifest.compute.api:
        yield from _names(estate)


def _keys(estate: Estate) -> Iterator[Finding]:
    aliases = {(each.region, each.values.get("name")) for each in estate.everywhere("aws_kms_alias")}
    manifest = estate.manifest
    encrypted = bool(manifest.data.tables or manifest.data.databases)
    for region in estate.regional:
        wanted = [naming.regional_key_alias(manifest.name, region)]
        if encrypted and region in estate.regions:
            wanted.append(naming.data_key_alias(manifest.name, region))
        for alias in wanted:
            if (region, f"alias/{alias}") not in aliases:
                yield _finding(
                    f"{region}: aws_kms_alias alias/{alias}",
                    f"there is no key alias/{alias} in {region}: what is encrypted with it cannot be read "
                    "there",
                    KEYS,
                )


def _secret(estate: Estate, secret: Resource) -> Iterator[Finding]:
    """A replica is readable in its own region with a key of that region, when the first region is dark."""
    replicas = {replica["region"]: str(replica.get("kms_key_id")) for replica in secret.blocks("replica")}
    for region in estate.regions:
        if region != secret.region and region not in replicas:
            yield _finding(
                secret.where,
                f"secret {secret.values.get('name')} is not replicated to {region}: its functions could not "
                "log in",
                SECRETS,
            )
    for region, key in replicas.items():
        if key.startswith("arn:") and f":kms:{region}:" not in key:
            yield _finding(
                secret.where,
                f"secret {secret.values.get('name')} in {region} is encrypted with {key}, a key of another "
                "region",
                SECRETS,
            )


def _names(estate: Estate) -> Iterator[Finding]:
    certified = {
        (each.region, each.values.get("domain_name")) for each in estate.everywhere("aws_acm_certificate")
    }
    certified |= {
        (each.region, name)
        for each in estate.everywhere("aws_acm_certificate")
        for name in each.values.get("subject_alternative_names") or ()
    }
    domains = {
        (each.region, each.values.get("domain_name"))
        for each in estate.everywhere("aws_api_gateway_domain_name")
    }
    mapped = {
        (each.region, each.values.get("domain_name"))
        for each in estate.everywhere("aws_api_gateway_base_path_mapping")
    }
    for region in estate.regions:
        for host in hosts.answered(estate.manifest, region):
            for kind, present in (
                ("aws_acm_certificate", certified),
                ("aws_api_gateway_domain_name", domains),
                ("aws_api_gateway_base_path_mapping", mapped),
            ):
                if (region, host) not in present:
                    yield _finding(
                        f"{'global' if present is not mapped else region}: {kind} {host}",
                        f"{region} has no {kind} for {host}, so requests that DNS moves there are refused",
                        CERTIFICATES,
                    )


def _finding(where: str, message: str, source: str) -> Finding:
    return Finding(
        rule=RULE,
        severity="error",
        where=where,
        message=message,
        fix="run `make generate`; during a failover a secret's replicas are brought back by `make failback`",
        source=source,
    )
