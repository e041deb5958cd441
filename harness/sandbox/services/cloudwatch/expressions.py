"""Metric math, as far as alarms on functions need it: arithmetic, comparisons, AND, OR, IF and FILL.

Source: Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics". The grammar of these
expressions is a part of Python's, so Python's parser reads them; nothing is ever run by Python itself.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from functools import cache

Values = Mapping[str, float | None]

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.BitXor: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class NotComputed(ValueError):
    """An expression that the sandbox cannot compute; the message holds the expression."""


def value_of(expression: str, values: Values) -> float | None:
    """The value of an expression over one period, None where data is missing. Raises NotComputed.

    A missing operand leaves no result, as does a division by zero; FILL gives a missing one a value.
    """
    return _value(_parsed(expression), values, expression)


@cache
def _parsed(expression: str) -> ast.expr:
    text = expression.replace("&&", " and ").replace("||", " or ")
    text = re.sub(r"\bAND\b", "and", re.sub(r"\bOR\b", "or", text))
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise NotComputed(f"the sandbox cannot compute {expression}") from None


def _value(node: ast.expr, values: Values, whole: str) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            found = _value(operand, values, whole)
            return None if found is None else -found
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _ARITHMETIC:
            return _both(
                _ARITHMETIC[type(operation)], _value(left, values, whole), _value(right, values, whole)
            )
        case ast.Compare(left=left, ops=[comparison], comparators=[right]):
            return _both(
                _COMPARISONS[type(comparison)], _value(left, values, whole), _value(right, values, whole)
            )
        case ast.BoolOp(op=connective, values=operands):
            found_all = [_value(operand, values, whole) for operand in operands]
            join = all if isinstance(connective, ast.And) else any
            return None if None in found_all else float(join(found_all))
        case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
            decided = _value(condition, values, whole)
            return None if decided is None else _value(yes if decided else no, values, whole)
        case ast.Call(func=ast.Name(id="FILL"), args=[filled, instead]):
            found = _value(filled, values, whole)
            return _value(instead, values, whole) if found is None else found
    raise NotComputed(f"the sandbox cannot compute {whole}")


def _both(
    operation: Callable[[float, float], float], left: float | None, right: float | None
) -> float | None:
    if left is None or right is None:
        return None
    try:
        return float(operation(left, right))
    except ZeroDivisionError:
        return None
