"""What can be turned round in a module: comparisons, `and` and `or`, `not`, and conditions as a whole."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}


@dataclass(frozen=True)
class Mutant:
    """One change of one module: where, what it was and what it is, in Python; `code` is that of the whole module."""

    path: Path
    function: str
    was: str
    now: str
    code: CodeType

    def __str__(self) -> str:
        """Without its line, so that it is the same after other lines have changed."""
        return f"{self.path} {self.function}: `{self.was}` -> `{self.now}`"


def mutants(path: Path) -> Iterator[Mutant]:
    """All that can be made of the functions of a module."""
    source = path.read_text(encoding="utf-8")
    count = sum(1 for _ in _changes(ast.parse(source)))
    for number in range(count):
        tree = ast.parse(source)
        function, node, change = next(each for at, each in enumerate(_changes(tree)) if at == number)
        was = ast.unparse(node)
        now = change()
        code = compile(ast.fix_missing_locations(tree), str(path.absolute()), "exec", dont_inherit=True)
        yield Mutant(path, function, was, ast.unparse(now), code)


Change = tuple[ast.expr, Callable[[], ast.expr]]


def _changes(tree: ast.Module) -> Iterator[tuple[str, ast.expr, Callable[[], ast.expr]]]:
    """In which function, what stands there, and what changes it and tells what it is then; always in one order."""
    for function, node in _in_functions(tree):
        yield from ((function, *change) for change in _of(node))


def _of(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for at, operator in enumerate(node.ops):
            yield node, _operator(node, at, _OPPOSITE[type(operator)])
            if type(operator) in _BOUNDARY:
                yield node, _operator(node, at, _BOUNDARY[type(operator)])
    elif isinstance(node, ast.BoolOp):
        yield node, _other_word(node)
        for at, operand in enumerate(node.values):
            if _is_plain(operand):
                yield operand, _negated(node.values, at)
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        if _is_plain(node.test):
            yield node.test, _negated_test(node)
    elif isinstance(node, ast.comprehension):
        for at, condition in enumerate(node.ifs):
            if _is_plain(condition):
                yield condition, _negated(node.ifs, at)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, _without_not(node)


def _in_functions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """All in the bodies of functions and lambdas, those of relations and decorators too, with the function's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from ((node.name, inner) for statement in node.body for inner in _walk(statement))
        elif isinstance(node, ast.Lambda):
            yield from (("lambda", inner) for inner in _walk(node.body))


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All below a node but assertions, which state what the types cannot, and functions, which come by themselves."""
    if isinstance(node, ast.Assert | ast.FunctionDef | ast.Lambda):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def _is_plain(node: ast.expr) -> bool:
    """Whether nothing in it is turned round by itself, and it is no constant (`name or NOBODY`)."""
    if isinstance(node, ast.Name) and node.id.isupper():
        return False
    return not isinstance(node, ast.Compare | ast.BoolOp | ast.NamedExpr | ast.Constant) and not (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def _operator(node: ast.Compare, at: int, other: type[ast.cmpop]) -> Callable[[], ast.expr]:
    def change() -> ast.expr:
        node.ops[at] = other()
        return node

    return change


def _other_word(node: ast.BoolOp) -> Callable[[], ast.expr]:
    def change() -> ast.expr:
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return node

    return change


def _negated(operands: list[ast.expr], at: int) -> Callable[[], ast.expr]:
    def change() -> ast.expr:
        operands[at] = _not(operands[at])
        return operands[at]

    return change


def _negated_test(node: ast.If | ast.IfExp | ast.While) -> Callable[[], ast.expr]:
    def change() -> ast.expr:
        node.test = _not(node.test)
        return node.test

    return change


def _not(node: ast.expr) -> ast.expr:
    return ast.copy_location(ast.UnaryOp(ast.Not(), node), node)


def _without_not(node: ast.UnaryOp) -> Callable[[], ast.expr]:
    def change() -> ast.expr:
        inner = node.operand
        node.op = ast.Not()
        node.operand = _not(inner)
        return inner

    return change
