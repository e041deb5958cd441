"""One service of the account, answered from rows: the engine that every control plane of our own runs on."""

from __future__ import annotations

import copy
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.sandbox.emulators.engine import constraints, wire
from harness.sandbox.emulators.engine.call import Call, Record, Refused
from harness.sandbox.emulators.engine.resources import Resource, Store
from harness.sandbox.requests.messages import Answer, Request

Handler = Callable[[Call, Store], Record]

_LOG = logging.getLogger(__name__)
_VALIDATION_ERRORS = (
    "ValidationException",
    "InvalidParameterException",
    "InvalidParameterValueException",
    "InvalidInputException",
    "InvalidRequestException",
    "BadRequestException",
)


class Engine:
    """The control plane of one service.

    resources: its resource types. handlers: operations that are more than making, showing and removing one
    resource, by name; they come before the resources' own. stores: what is kept, by region.
    """

    def __init__(
        self,
        service: str,
        account_id: str,
        *,
        epoch: Callable[[], float],
        resources: Sequence[Resource],
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        self.service = service
        self.resources = tuple(resources)
        self._account_id = account_id
        self._epoch = epoch
        self._handlers = handlers or {}
        self.stores: dict[str, Store] = defaultdict(Store)

    def answer(self, request: Request) -> Answer:
        """AWS's answer to a request. Never raises."""
        operation = None
        try:
            operation, parameters = wire.parsed(self.service, request)
            self._check(operation, parameters)
            result = self.result(request.region, operation, parameters)
        except NotImplementedError as gap:
            _LOG.warning("%s", gap)
            # 501, because an SDK tries a 500 again, up to 25 times
            return wire.refusal(self.service, operation, Refused("NotImplemented", str(gap)), status=501)
        except Refused as refused:
            return wire.refusal(self.service, operation, refused)
        return wire.answer(self.service, operation, result)

    def result(self, region: str, operation: str, parameters: Record) -> Record:
        """What the operation gives back, as a copy. Raises Refused as AWS would, and NotImplementedError for
        an operation that neither a handler nor a row knows."""
        call = Call(
            service=self.service,
            signing_name=str(wire.model(self.service).signing_name),
            account_id=self._account_id,
            region=region,
            operation=operation,
            parameters=parameters,
            epoch=self._epoch(),
        )
        store = self.stores[region]
        if operation in self._handlers:
            return copy.deepcopy(self._handlers[operation](call, store))
        for resource in self.resources:
            if operation in resource.operations:
                return copy.deepcopy(self._of_resource(resource, call, store))
            if operation == resource.list_all:
                return copy.deepcopy(self._list_of(resource, call, store))
        if operation in _TAGGING:
            return _TAGGING[operation](call, store)
        raise NotImplementedError(f"the sandbox cannot do {operation} of {self.service}")

    def _check(self, operation: str, parameters: Record) -> None:
        shape = wire.model(self.service).operation_model(operation).input_shape
        if shape is None:
            return
        if broken := constraints.violations(shape, parameters):
            raise Refused(self._validation_error(operation), constraints.summary(broken))

    def _validation_error(self, operation: str) -> str:
        """The error that the service has for values that its model does not allow."""
        errors = {shape.name for shape in wire.model(self.service).operation_model(operation).error_shapes}
        return next((name for name in _VALIDATION_ERRORS if name in errors), _VALIDATION_ERRORS[0])

    def _of_resource(self, resource: Resource, call: Call, store: Store) -> Record:
        members = wire.model(self.service).shape_for(resource.shape).members
        record = resource.operations[call.operation](resource, call, store, members)
        if record is None:
            return {}
        if tags := _given_tags(call):
            store.tags[resource.arn_of(call, record)].update(tags)
        return {**record, **dict.fromkeys(self._members_of(call.operation, resource.shape), record)}

    def _list_of(self, resource: Resource, call: Call, store: Store) -> Record:
        """A list operation describes the resource by its own structure or, some do, by a summary of it."""
        output = wire.model(self.service).operation_model(call.operation).output_shape
        assert output is not None
        lists = {
            name: member.member.name
            for name, member in output.members.items()
            if member.type_name == "list" and member.member.type_name == "structure"
        }
        whole = [name for name, shape in lists.items() if shape == resource.shape]
        return dict.fromkeys(whole or lists, resource.listed(call, store))

    def _members_of(self, operation: str, shape: str) -> list[str]:
        """The members of the operation's output that hold the resource."""
        output = wire.model(self.service).operation_model(operation).output_shape
        members = output.members if output is not None else {}
        return [name for name, member in members.items() if member.name == shape]


def _given(call: Call, name: str) -> Any:
    """The parameter of that name in any spelling: ResourceARN, resourceArn, resourceARN; None without it."""
    return next((value for key, value in call.parameters.items() if key.lower() == name), None)


def _given_tags(call: Call) -> dict[str, str]:
    """The tags that the request gives, as a map or as a list of pairs."""
    tags = _given(call, "tags") or {}
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    return {str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value", ""))) for tag in tags}


def _tag(call: Call, store: Store) -> Record:
    store.tags[_given(call, "resourcearn")].update(_given_tags(call))
    return {}


def _untag(call: Call, store: Store) -> Record:
    for key in _given(call, "tagkeys"):
        store.tags[_given(call, "resourcearn")].pop(key, None)
    return {}


def _tags(call: Call, store: Store) -> Record:
    tags = store.tags.get(_given(call, "resourcearn"), {})
    output = wire.model(call.service).operation_model(call.operation).output_shape
    assert output is not None
    name, shape = next((name, shape) for name, shape in output.members.items() if name.lower() == "tags")
    if shape.type_name == "map":
        return {name: dict(tags)}
    key, value = ("Key", "Value") if "Key" in shape.member.members else ("key", "value")
    return {name: [{key: tag, value: text} for tag, text in tags.items()]}


_TAGGING: Mapping[str, Handler] = {
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _tags,
}
