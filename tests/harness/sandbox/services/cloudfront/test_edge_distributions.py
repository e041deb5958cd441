"""What is read out of a DistributionConfig, as an SDK sends it."""

from __future__ import annotations

import boto3
import pytest
from botocore.awsrequest import AWSRequest

from harness.sandbox.services.cloudfront.distributions import (
    Behavior,
    CustomError,
    Distribution,
    Origin,
    OriginGroup,
    parse,
)
from harness.sandbox.services.cloudfront.policies import (
    CachePolicy,
    Header,
    Names,
    OriginRequestPolicy,
    cache_policy,
    origin_request_policy,
    response_headers_policy,
)


def read(**settings: object) -> Distribution:
    """The distribution as it is read from the XML that botocore makes of these settings."""
    client = boto3.client(
        "cloudfront", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    sent: list[bytes] = []

    def keep(request: AWSRequest, **_: object) -> None:
        sent.append(request.body)
        raise InterruptedError

    client.meta.events.register("before-sign.cloudfront", keep)
    config = {"CallerReference": "1", "Comment": "", "Enabled": True, **settings}
    with pytest.raises(InterruptedError):
        client.create_distribution(DistributionConfig=config)
    return parse(identifier="E1", arn="arn", domain="D1.cloudfront.net", config=sent[0].decode())


def items(*values: object) -> dict[str, object]:
    return {"Quantity": len(values), "Items": list(values)}


DEFAULT = {"TargetOriginId": "api", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "c"}
API = {
    "Id": "api",
    "DomainName": "Origin.app.example.com",
    "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
}
PLAIN = {"Origins": items(API), "DefaultCacheBehavior": DEFAULT}


def test_what_is_left_out_has_the_apis_defaults() -> None:
    assert read(**PLAIN) == Distribution(
        id="E1",
        arn="arn",
        domain="d1.cloudfront.net",
        origins={"api": Origin("api", "origin.app.example.com")},
        behaviors=(Behavior(None, "api", cache_policy="c"),),
    )


def test_an_origins_settings() -> None:
    custom = {**API["CustomOriginConfig"], "OriginReadTimeout": 3, "OriginKeepaliveTimeout": 7}  # type: ignore[dict-item]
    full = {
        **API,
        "OriginPath": "/live",
        "ConnectionAttempts": 1,
        "ConnectionTimeout": 2,
        "CustomOriginConfig": custom,
        "OriginShield": {"Enabled": True, "OriginShieldRegion": "eu-west-1"},
        "CustomHeaders": items({"HeaderName": "X-Verify", "HeaderValue": "s"}),
    }
    assert read(**{**PLAIN, "Origins": items(full)}).origins["api"] == Origin(
        "api",
        "origin.app.example.com",
        path="/live",
        attempts=1,
        connect_timeout=2.0,
        response_timeout=3.0,
        keepalive=7.0,
        shield="eu-west-1",
        headers=(("X-Verify", "s"),),
    )


def test_a_bucket_is_an_origin_with_an_s3_config_and_its_response_timeout_is_30_seconds() -> None:
    bucket = {
        "Id": "site",
        "DomainName": "a.site.s3.eu-west-1.amazonaws.com",
        "OriginAccessControlId": "E9",
        "OriginShield": {"Enabled": False},
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    found = read(**{**PLAIN, "Origins": items(API, bucket)}).origins["site"]
    assert found == Origin("site", "a.site.s3.eu-west-1.amazonaws.com", bucket="a.site", access_control=True)
    assert found.response_timeout == 30


def test_groups_behaviors_errors_and_restrictions() -> None:
    other = {**API, "Id": "standby"}
    codes = {"StatusCodes": items(500, 503)}
    group = {
        "Id": "g",
        "FailoverCriteria": codes,
        "Members": items({"OriginId": "api"}, {"OriginId": "standby"}),
    }
    behavior = {
        **DEFAULT,
        "PathPattern": "/read*",
        "TargetOriginId": "g",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {**items("GET", "HEAD", "OPTIONS"), "CachedMethods": items("GET", "HEAD")},
        "OriginRequestPolicyId": "o",
        "ResponseHeadersPolicyId": "r",
    }
    found = read(
        **{**PLAIN, "Origins": items(API, other)},
        OriginGroups=items(group),
        CacheBehaviors=items(behavior),
        CustomErrorResponses=items(
            {"ErrorCode": 500, "ErrorCachingMinTTL": 0},
            {"ErrorCode": 403, "ResponsePagePath": "/e.html", "ResponseCode": "200"},
        ),
        Restrictions={"GeoRestriction": {"RestrictionType": "whitelist", **items("de")}},
        Aliases=items("App.example.com"),
        DefaultRootObject="index.html",
        PriceClass="PriceClass_100",
    )
    assert found.groups == {"g": OriginGroup("g", ("api", "standby"), frozenset({500, 503}))}
    assert found.behaviors[0] == Behavior(
        "/read*",
        "g",
        viewer_protocol="redirect-to-https",
        methods=frozenset({"GET", "HEAD", "OPTIONS"}),
        cache_policy="c",
        origin_request_policy="o",
        response_headers_policy="r",
    )
    assert found.errors == {500: CustomError(seconds=0), 403: CustomError("/e.html", 200)}
    assert (found.geo_mode, found.geo_countries) == ("whitelist", frozenset({"DE"}))
    assert (found.aliases, found.root_object, found.price_class) == (
        ("app.example.com",),
        "index.html",
        "PriceClass_100",
    )


def test_forwarded_values_are_a_cache_policy_of_their_own() -> None:
    forwarded = {
        "QueryString": True,
        "Cookies": {"Forward": "whitelist", "WhitelistedNames": items("team")},
        "Headers": items("Origin"),
    }
    legacy = {"TargetOriginId": "api", "ViewerProtocolPolicy": "allow-all", "ForwardedValues": forwarded}
    found = read(**{**PLAIN, "DefaultCacheBehavior": {**legacy, "MinTTL": 1, "DefaultTTL": 2, "MaxTTL": 3}})
    assert found.behaviors[0].legacy == CachePolicy(
        minimum=1,
        default=2,
        maximum=3,
        headers=Names("whitelist", frozenset({"origin"})),
        cookies=Names("whitelist", frozenset({"team"})),
        queries=Names("all"),
    )


def test_forwarding_every_header_caches_nothing() -> None:
    forwarded = {"QueryString": False, "Cookies": {"Forward": "none"}, "Headers": items("*")}
    legacy = {"TargetOriginId": "api", "ViewerProtocolPolicy": "allow-all", "ForwardedValues": forwarded}
    found = read(**{**PLAIN, "DefaultCacheBehavior": {**legacy, "MinTTL": 0}}).behaviors[0].legacy
    assert found is not None
    assert (found.caches, found.headers) == (False, Names("all"))


def test_policies_are_read_as_the_emulator_stores_them() -> None:
    key = {
        "EnableAcceptEncodingGzip": True,
        "EnableAcceptEncodingBrotli": False,
        "HeaderBehavior": "whitelist",
        "Headers": ["Accept"],
        "CookieBehavior": "all",
        "Cookies": [],
        "QueryStringBehavior": "allExcept",
        "QueryStrings": ["utm"],
    }
    assert cache_policy({"MinTTL": 1, "DefaultTTL": 2, "MaxTTL": 3, "Parameters": key}) == CachePolicy(
        minimum=1,
        default=2,
        maximum=3,
        headers=Names("whitelist", frozenset({"accept"})),
        cookies=Names("all"),
        queries=Names("allExcept", frozenset({"utm"})),
        gzip=True,
    )
    forwarding = {"HeaderBehavior": "allExcept", "Headers": ["Host"], "CookieBehavior": "none"}
    assert origin_request_policy({**forwarding, "QueryStringBehavior": "all"}) == OriginRequestPolicy(
        headers=Names("allExcept", frozenset({"host"})), queries=Names("all")
    )


def test_security_headers_have_the_form_that_the_guide_gives() -> None:
    hsts = {"Override": True, "IncludeSubdomains": True, "Preload": None, "AccessControlMaxAgeSec": 60}
    policy = response_headers_policy(
        {
            "Security": {
                "ContentTypeOptions": {"Override": True},
                "FrameOptions": {"Override": False, "FrameOption": "DENY"},
                "StrictTransportSecurity": hsts,
                "XSSProtection": {"Override": True, "Protection": True, "ModeBlock": True},
            },
            "CustomHeaders": [{"Header": "X-Own", "Value": "1", "Override": False}],
            "RemoveHeaders": [{"Header": "Server"}],
        }
    )
    assert policy.added == (
        Header("x-content-type-options", "nosniff", True),
        Header("x-frame-options", "DENY", False),
        Header("strict-transport-security", "max-age=60; includeSubDomains", True),
        Header("x-xss-protection", "1; mode=block", True),
        Header("x-own", "1", False),
    )
    assert policy.removed == ("server",)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/static/*", "/static/a/b.txt", True),
        ("static/*", "/static/a", True),
        ("*.jpg", "/images/a.jpg", True),
        ("/a?c", "/abc", True),
        ("/a?c", "/ac", False),
        ("/orders", "/orders/1", False),
        ("/Orders", "/orders", False),
        ("/a.c", "/abc", False),
    ],
)
def test_path_patterns(pattern: str, path: str, matches: bool) -> None:
    assert Behavior(pattern, "api").matches(path) is matches
