"""What a manifest says of functions and of the REST API in front of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from generator.manifest.fields import EnvironmentVariable, Form, Name, Part, Text

Access = Literal["read", "write", "read-write", "probe"]
RouteKey = Annotated[
    str,
    Form(
        r"^(GET|POST|PUT|PATCH|DELETE|HEAD) (/|(/([A-Za-z0-9._-]+|\{[A-Za-z0-9_]+\})){1,4})$",
        "GET, POST, PUT, PATCH, DELETE or HEAD and a path of at most four levels, such as GET /items/{id}",
    ),
    Field(description="Method and path, for example GET /read; at most four levels."),
]
Origin = Annotated[
    str,
    Form(
        r"^(\*|https?://[A-Za-z0-9.-]+(:\d{1,5})?)$",
        "an origin without a path, such as https://www.example.com, or *",
    ),
]
QueryParameter = Annotated[
    str,
    Form(
        r"^[A-Za-z0-9_.-]+$", "the name of a query parameter: letters, digits, underscores, dots and hyphens"
    ),
]
Header = Annotated[str, Form(r"^[A-Za-z0-9-]+$", "the name of a header: letters, digits and hyphens")]
HEALTH, ROTATION, MIGRATIONS = "health", "rotation", "migrations"
RESERVED = (HEALTH, "failover", ROTATION, MIGRATIONS)


OUR_RUNTIMES = ("python3.11", "python3.12", "python3.13")
"""What runs the functions of lambda_src/."""
Runtime = Literal[
    "dotnet8",
    "java17",
    "java21",
    "nodejs20.x",
    "nodejs22.x",
    "provided.al2023",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "ruby3.3",
    "ruby3.4",
]


class Release(Part):
    """How a new version of a function takes over: some requests first, all of them if no alarm rings."""

    kind: Literal["canary", "linear", "all-at-once"] = Field(
        "canary", description="canary: a share, then the rest; linear: a share each time the minutes pass."
    )
    percent: Annotated[int, Field(ge=1, le=99)] = Field(10, description="Share of requests in percent.")
    minutes: Annotated[int, Field(ge=1, le=2880)] = Field(5, description="How long a share is watched.")
    error_percent: Annotated[float, Field(gt=0, le=100)] = Field(
        1, description="Share of failed requests that takes the release back."
    )
    p99_ms: Annotated[int, Field(gt=0)] | None = Field(
        None, description="Milliseconds of the slowest percent that take the release back."
    )


class Function(Part):
    """A function, deployed to every region, with the access it declares and no other."""

    source: (
        Annotated[str, Form(r"^[a-z][a-z0-9_]*$", "the name of a folder under lambda_src/, such as read")]
        | None
    ) = Field(None, description="Folder under lambda_src/ that holds its handler.py.")
    package: (
        Annotated[
            str,
            Form(
                r"^([A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*\.zip$",
                "the path of a .zip file below the environment's folder, such as packages/orders.zip",
            ),
        ]
        | None
    ) = Field(None, description="Instead of source: a .zip built elsewhere, below the environment's folder.")
    handler: (
        Annotated[
            str,
            Form(r"^[^\s]{1,128}$", "1 to 128 characters without white space, such as index.handler"),
        ]
        | None
    ) = Field(None, description="With package: where the runtime finds the function in it.")
    access: dict[str, Access] = Field(
        default_factory=dict,
        description="What it may do with each table, bucket or database: read, write, read-write or probe.",
    )
    environment: dict[EnvironmentVariable, Text] = Field(
        default_factory=dict, description="Further environment variables."
    )
    memory_mb: Annotated[int, Field(ge=128, le=10240)] = Field(256, description="Memory in MB.")
    timeout_seconds: Annotated[int, Field(ge=1, le=29)] = Field(
        5, description="Time limit; API Gateway gives up after 29 seconds."
    )
    runtime: Runtime = Field(
        "python3.12", description="Runtime; python3.11 to python3.13 for a folder under lambda_src/."
    )
    architecture: Literal["arm64", "x86_64"] = Field("arm64", description="Instruction set.")
    reserved_concurrency: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Executions set aside for it, which is also its upper limit."
    )
    provisioned_concurrency: Annotated[int, Field(ge=0)] = Field(
        0, description="Environments kept warm in every region, so that failover meets no cold start."
    )
    release: Release | None = Field(
        None, description="Release new versions step by step with CodeDeploy; at once if left out."
    )
    dead_letter: bool = Field(
        False, description="Keep events whose asynchronous invocation failed; calls from an API never are."
    )

    @model_validator(mode="after")
    def _has_one_origin(self) -> Function:
        if (self.source is None) == (self.package is None):
            raise ValueError("needs one of source, a folder under lambda_src/, and package, a .zip file")
        if self.package is not None and self.handler is None:
            raise ValueError("needs handler beside package, such as index.handler")
        if self.source is not None and self.handler is not None:
            raise ValueError(
                "handler stands beside package alone: a folder of lambda_src/ has handler.handler"
            )
        if self.source is not None and self.runtime not in OUR_RUNTIMES:
            raise ValueError(f"runtime must be one of {', '.join(OUR_RUNTIMES)} for a folder of lambda_src/")
        if self.package is not None and self.package.startswith("functions/"):
            raise ValueError("package must not lie in functions/, which holds generated files")
        return self


class Route(Part):
    """A route with request validation."""

    function: Name = Field(description="The function that answers.")
    required_query_parameters: list[QueryParameter] = Field(
        default_factory=list, description="Query parameters without which the request is refused."
    )
    required_headers: list[Header] = Field(
        default_factory=list, description="Headers without which the request is refused."
    )
    body_schema: dict[str, Any] | None = Field(
        None, description="JSON Schema (draft 4) that the body must match before the function is called."
    )


class Cors(Part):
    """Which web pages may call the API."""

    origins: list[Origin] = Field(default_factory=list, description="Allowed origins, or * alone.")
    headers: list[Header] = Field(
        default_factory=lambda: ["Content-Type", "Idempotency-Key"], description="Allowed request headers."
    )
    max_age_seconds: Annotated[int, Field(ge=0, le=86400)] = Field(
        600, description="How long a browser may keep the answer."
    )

    @model_validator(mode="after")
    def _star_stands_alone(self) -> Cors:
        if "*" in self.origins and len(self.origins) > 1:
            raise ValueError("origins: * allows every origin and cannot stand beside others")
        return self


class Throttle(Part):
    """Limits per region; each must carry all of the traffic when the others are lost."""

    rate: Annotated[float, Field(gt=0)] = Field(1000, description="Steady requests per second.")
    burst: Annotated[int, Field(gt=0)] = Field(2000, description="Requests at once.")


class Api(Part):
    """The REST API."""

    routes: dict[RouteKey, Name | Route] = Field(
        min_length=1, description="Function, or function with request validation, of each method and path."
    )
    cors: Cors = Field(default_factory=lambda: Cors(), description="Which web pages may call the API.")
    throttle: Throttle = Field(default_factory=lambda: Throttle(), description="Limits per region.")
    account_logging_role: bool = Field(
        True,
        description="Set the account's API Gateway log role; one environment of an account does.",
    )

    def route(self, key: str) -> Route:
        route = self.routes[key]
        return route if isinstance(route, Route) else Route(function=route)


class Compute(Part):
    """Functions and the API in front of them."""

    functions: dict[Name, Function] = Field(default_factory=dict, description="Functions by name.")
    api: Api | None = Field(None, description="The REST API, one in each region.")
