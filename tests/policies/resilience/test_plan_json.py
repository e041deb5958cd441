"""What of a plan's JSON becomes a resource."""

from __future__ import annotations

from typing import Any

from policies.resilience.plan_json import NOT_KNOWN, Resource, configurations, provider_regions, resources

PLAN: dict[str, Any] = {
    "planned_values": {
        "root_module": {
            "resources": [
                {"address": "aws_sns_topic.root", "mode": "managed", "type": "aws_sns_topic", "values": {}},
                {"address": "data.aws_region.this", "mode": "data", "type": "aws_region", "values": {}},
            ],
            "child_modules": [
                {
                    "address": "module.routing",
                    "resources": [
                        {
                            "address": 'module.routing.aws_route53_record.this["us-west-2"]',
                            "mode": "managed",
                            "type": "aws_route53_record",
                            "values": {"name": "api", "alias": [{"zone": "Z1"}]},
                        }
                    ],
                    "child_modules": [
                        {
                            "address": "module.routing.module.deep[0]",
                            "resources": [
                                {
                                    "address": "module.routing.module.deep[0].aws_sns_topic.this",
                                    "mode": "managed",
                                    "type": "aws_sns_topic",
                                    "values": {"name": "deep"},
                                }
                            ],
                        }
                    ],
                }
            ],
        }
    },
    "resource_changes": [
        {
            "address": 'module.routing.aws_route53_record.this["us-west-2"]',
            "change": {"after_unknown": {"health_check_id": True, "alias": [{"name": True}], "id": True}},
        }
    ],
    "configuration": {
        "provider_config": {
            "aws.usw2": {"name": "aws", "expressions": {"region": {"constant_value": "us-west-2"}}},
            "random": {"name": "random"},
        },
        "root_module": {
            "resources": [{"address": "aws_sns_topic.root", "mode": "managed", "type": "aws_sns_topic"}],
            "module_calls": {
                "routing": {
                    "module": {
                        "resources": [
                            {
                                "address": "aws_route53_record.this",
                                "mode": "managed",
                                "type": "aws_route53_record",
                                "provider_config_key": "aws.usw2",
                                "expressions": {
                                    "name": {"constant_value": "api"},
                                    "alias": [{"name": {"references": ["var.name"]}}],
                                    "health_check_id": {
                                        "references": ["aws_route53_health_check.this", "each.key"]
                                    },
                                },
                            }
                        ],
                        "module_calls": {
                            "deep": {
                                "module": {
                                    "resources": [
                                        {
                                            "address": "aws_sns_topic.this",
                                            "mode": "managed",
                                            "type": "aws_sns_topic",
                                            "provider_config_key": "aws.usw2",
                                        }
                                    ]
                                }
                            }
                        },
                    }
                }
            },
        },
    },
}


def record() -> Resource:
    return next(each for each in resources("edge", PLAN) if each.type == "aws_route53_record")


def test_resources_of_modules_in_modules_are_found_and_data_sources_are_not() -> None:
    assert [(each.address, each.region) for each in resources("edge", PLAN)] == [
        ("aws_sns_topic.root", ""),
        ('module.routing.aws_route53_record.this["us-west-2"]', "us-west-2"),
        ("module.routing.module.deep[0].aws_sns_topic.this", "us-west-2"),
    ]


def test_what_aws_will_pick_stands_as_not_known_in_its_place() -> None:
    assert record().values == {
        "health_check_id": NOT_KNOWN,
        "id": NOT_KNOWN,
        "name": "api",
        "alias": [{"name": NOT_KNOWN, "zone": "Z1"}],
    }


def test_a_resource_knows_its_module_its_key_and_what_its_attributes_are_taken_from() -> None:
    found = record()
    assert (found.module, found.key, found.where) == (
        "module.routing",
        "us-west-2",
        'edge: module.routing.aws_route53_record.this["us-west-2"]',
    )
    assert dict(found.references) == {
        "name": (),
        "alias": ("var.name",),
        "health_check_id": ("aws_route53_health_check.this", "each.key"),
    }


def test_a_reference_is_to_the_resource_of_the_same_module_and_key_alone() -> None:
    def check(address: str) -> Resource:
        return Resource("edge", address, "aws_route53_health_check", "us-west-2", {}, {})

    refers = [
        record().refers_to("health_check_id", check(address))
        for address in (
            'module.routing.aws_route53_health_check.this["us-west-2"]',
            'module.routing.aws_route53_health_check.this["us-east-1"]',
            'module.other.aws_route53_health_check.this["us-west-2"]',
            'module.routing.aws_route53_health_check.other["us-west-2"]',
        )
    ]
    assert refers == [True, False, False, False]


def test_a_provider_is_known_by_the_region_that_it_names() -> None:
    assert provider_regions(PLAN) == {"aws.usw2": "us-west-2"}


def test_configurations_are_addressed_from_the_root() -> None:
    assert [address for address, _ in configurations(PLAN)] == [
        "aws_sns_topic.root",
        "module.routing.aws_route53_record.this",
        "module.routing.module.deep.aws_sns_topic.this",
    ]
