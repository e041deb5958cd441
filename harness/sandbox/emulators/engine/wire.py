"""The wire of any AWS service: a request becomes an operation with parameters, a result becomes an answer.

The parsers and serialisers are moto's, driven by botocore's models (moto.core.parse, moto.core.serialize).
This is the only file that uses them.
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from botocore.awsrequest import HeadersDict
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict

from harness.sandbox.emulators.engine.call import Record, Refused
from harness.sandbox.requests.messages import Answer, Request

# errors of every service, such as a refused signature, stand in no model
warnings.filterwarnings("ignore", message=r"Exception\(_ServiceError\) with code")


class _ServiceError(ServiceException):  # type: ignore[misc]
    """moto looks for the model of an error by the module that defines its class: not in its own, then."""


def model(service: str) -> ServiceModel:
    """botocore's model of a service. Raises botocore.exceptions.UnknownServiceError for an unknown name."""
    return get_service_model(service)


def parsed(service: str, request: Request) -> tuple[str, Record]:
    """The operation and its parameters. Raises Refused when the model has no such operation, or when the body
    cannot be read."""
    name, labels = _operation(service, request)
    operation = model(service).operation_model(name)
    parser = PROTOCOL_PARSERS[model(service).protocol](operation)
    try:
        parameters = parser.parse(
            {
                "body": request.body,
                "headers": HeadersDict(dict(request.headers)),
                "method": request.method,
                "url_params": labels,
                "url_path": request.path,
                "values": MultiDict(_values(request)),
            }
        )
    except (RequestParserError, ValueError, TypeError, AttributeError) as error:
        raise Refused("SerializationException", f"the request cannot be read: {error}") from None
    return name, {key: value for key, value in parameters.items() if value is not None}


def answer(service: str, operation: str, result: Record) -> Answer:
    """The answer that holds `result`, in the service's protocol."""
    return _written(_operation_model(service, operation), result)


def refusal(service: str, operation: str | None, refused: Refused, *, status: int | None = None) -> Answer:
    """The answer that tells AWS's error, in the form that the service's clients read."""
    error = _ServiceError(refused.code, str(refused))
    written = _written(_operation_model(service, operation), error)
    return written if status is None else (status, *written[1:])


def _operation_model(service: str, operation: str | None) -> OperationModel:
    # an error has one form for all operations of a service
    return model(service).operation_model(operation or model(service).operation_names[0])


def _written(operation: OperationModel, result: Record | ServiceException) -> Answer:
    service = operation.service_model
    serialiser = get_serializer_class(str(service.service_name), service.protocol)(operation)
    written = serialiser.serialize(result)
    body = written["body"]
    return (
        int(written["status_code"]),
        {str(name).lower(): str(value) for name, value in written["headers"].items()},
        body.encode() if isinstance(body, str) else bytes(body),
    )


def _operation(service: str, request: Request) -> tuple[str, dict[str, str]]:
    """The name of the operation, and the labels of its path (rest protocols)."""
    known = model(service).operation_names
    if target := request.headers.get("x-amz-target"):
        name = target.rpartition(".")[2]
    elif model(service).protocol.startswith("rest"):
        return _operation_of_path(service, request)
    else:
        name = dict(_values(request)).get("Action", "")
    if name not in known:
        raise Refused("UnknownOperationException", f"{service} has no operation {name or 'of no name'}")
    return name, {}


def _operation_of_path(service: str, request: Request) -> tuple[str, dict[str, str]]:
    for route in _routes(service):
        matched = route.path.fullmatch(request.path)
        if matched and route.method == request.method and _has(request, route.query):
            return route.operation, {name: unquote(text) for name, text in matched.groupdict().items()}
    raise Refused("UnknownOperationException", f"{service} has no {request.method} {request.path}")


class _Route(NamedTuple):
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str]
    operation: str


@functools.cache
def _routes(service: str) -> Sequence[_Route]:
    """The operations by method and path, those with fewer labels first: /a/tags before /a/{name}."""
    operations = [model(service).operation_model(name) for name in model(service).operation_names]
    routes = [
        _Route(
            str(operation.http["method"]),
            _pattern(operation.http_trait.path),
            operation.http_trait.query_args,
            str(operation.name),
        )
        for operation in operations
    ]
    return sorted(routes, key=lambda route: (route.path.groups, -len(route.query), -len(route.path.pattern)))


def _pattern(path: str) -> re.Pattern[str]:
    """A URI template as a regular expression: {name} is one segment, {name+} the rest of the path."""
    parts = re.split(r"\{(\w+\+?)\}", path)
    texts = [
        re.escape(part)
        if place % 2 == 0
        else f"(?P<{part.rstrip('+')}>{'.+' if part[-1] == '+' else '[^/]+'})"
        for place, part in enumerate(parts)
    ]
    return re.compile("".join(texts).rstrip("/") + "/?")


def _has(request: Request, query: Mapping[str, str]) -> bool:
    given = dict(parse_qsl(request.query, keep_blank_values=True))
    return all(given.get(name) == text for name, text in query.items())


def _values(request: Request) -> list[tuple[str, str]]:
    """The query string's values, and those of a form."""
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    text = "&".join(filter(None, (request.query, request.body.decode("latin-1") if form else "")))
    return parse_qsl(text, keep_blank_values=True)
