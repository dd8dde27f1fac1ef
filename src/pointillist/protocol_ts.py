"""Print the TypeScript half of the protocol: `python -m pointillist.protocol_ts > js/src/protocol.gen.ts`.

Every TypedDict of `protocol/` becomes an interface with its docstring, every Literal alias a type, in that order.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import types
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from pointillist.protocol import buffers, encoders, envelopes, questions, search, state, structure

FILES = (buffers, search, state, structure, encoders, questions, envelopes)

PLAIN = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    object: "unknown",
}


def typescript() -> str:
    """Return the text of `protocol.gen.ts`."""
    things = {name: thing for file in FILES for name, thing in vars(file).items()}
    aliases = {alias: name for name, alias in things.items() if get_origin(alias) is Literal}
    notes = _alias_notes()
    parts = [
        "// Printed from src/pointillist/protocol/ by `python -m pointillist.protocol_ts`. Do not edit.",
        f"export const PROTOCOL_VERSION = {envelopes.PROTOCOL_VERSION};",
        f"export const MAX_THUMBS = {questions.MAX_THUMBS};",
        _const("BROWSER_WRITES", state.BROWSER_WRITES),
        "export type BrowserWrites = (typeof BROWSER_WRITES)[number];",
        _const("TRAITS", tuple(get_type_hints(state.Traits))),
    ]
    for name, thing in things.items():
        if get_origin(thing) is Literal:
            parts.append(_comment(notes.get(name, "")) + f"export type {name} = {_type(thing, {})};")
        elif is_typeddict(thing):
            parts.append(_interface(name, thing, aliases))
    asked = (
        f"  {name}: {{ params: {params.__name__}; answer: {answer.__name__} }};"
        for name, (params, answer) in questions.QUESTIONS.items()
    )
    parts.append("export interface Questions {\n" + "\n".join(asked) + "\n}")
    events = (f"  {name}: {params.__name__};" for name, params in envelopes.EVENTS.items())
    parts.append("export interface Events {\n" + "\n".join(events) + "\n}")
    return "\n\n".join(parts) + "\n"


def _const(name: str, values: tuple[str, ...]) -> str:
    lines = "".join(f'  "{value}",\n' for value in values)
    return f"export const {name} = [\n{lines}] as const;"


def _interface(name: str, thing: Any, aliases: dict[Any, str]) -> str:
    head = _comment(inspect.getdoc(thing) if thing.__doc__ else "")
    fields = get_type_hints(thing, include_extras=True)
    if not fields:
        return f"{head}export type {name} = Record<string, never>;"
    lines = []
    for field, hint in fields.items():
        optional = get_origin(hint) is NotRequired
        kind = _type(get_args(hint)[0] if optional else hint, aliases)
        lines.append(f"  {field}{'?' if optional else ''}: {kind};")
    return f"{head}export interface {name} {{\n" + "\n".join(lines) + "\n}"


def _type(hint: Any, aliases: dict[Any, str]) -> str:
    if hint in PLAIN:
        return PLAIN[hint]
    if is_typeddict(hint):
        return str(hint.__name__)
    origin = get_origin(hint)
    if origin is Literal:
        values = (f'"{value}"' if isinstance(value, str) else str(value) for value in get_args(hint))
        return aliases.get(hint) or " | ".join(values)
    if origin in (Union, types.UnionType):
        return " | ".join(_type(part, aliases) for part in get_args(hint))
    if origin is list:
        inner = _type(get_args(hint)[0], aliases)
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if origin is dict:
        key, value = get_args(hint)
        return f"Record<{_type(key, aliases)}, {_type(value, aliases)}>"
    raise TypeError(f"{hint!r} has no TypeScript form; teach protocol_ts.py or change protocol/")


def _comment(text: str | None) -> str:
    lines = (text or "").strip().splitlines()
    if len(lines) < 2:
        return f"/** {lines[0]} */\n" if lines else ""
    return "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"


def _alias_notes() -> dict[str, str]:
    """Return the string that follows an assignment in protocol/, by the name assigned."""
    body = [node for file in FILES for node in ast.parse(inspect.getsource(file)).body]
    notes = {}
    for before, after in itertools.pairwise(body):
        if isinstance(before, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            name = before.targets[0]
            if isinstance(name, ast.Name) and isinstance(after.value.value, str):
                notes[name.id] = inspect.cleandoc(after.value.value)
    return notes


if __name__ == "__main__":
    print(typescript(), end="")
