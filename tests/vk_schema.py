"""VK's own machine-readable schema (5.199) as a check of calls and events.

The schema is no part of the project: it is looked for beside the checkout. It is a dialect of
JSON Schema: `required: true` sits on properties, and references are relative to the file. Where
it is known to be behind VK, `_mend` brings it up to date.
"""

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
import referencing.jsonschema

SCHEMA = Path(__file__).parents[2] / "shared" / "vk-api-schema"
needs_vk_schema = pytest.mark.skipif(
    not SCHEMA.is_dir(), reason="VK's API schema is not beside the checkout"
)
# Parameters that every method takes.
COMMON = frozenset({"v", "access_token", "lang", "test_mode"})
# What the schema's method descriptions leave out.
REQUIRED = {"messages.send": {"random_id"}}
# Events whose object the schema describes under another name.
EVENT_OBJECTS = {"message_new": "callback_message_object", "message_reply": "callback_message"}

BASE = "https://schema.invalid/"

Json = dict[str, Any]


def errors_of_call(method: str, params: dict[str, Any]) -> list[str]:
    """Say what of a call does not fit VK's schema; `params` as in a form or as JSON values.

    Unknown parameters are errors too. Empty when all fits.
    """
    described = _methods().get(method)
    if described is None:
        return [f"{method}: no such method"]
    known = {parameter["name"]: parameter for parameter in described.get("parameters", ())}
    if method == "execute":
        known["code"] = {"name": "code", "type": "string", "required": True}
    needed = {name for name, parameter in known.items() if parameter.get("required") is True}
    needed |= REQUIRED.get(method, set())
    missing = [f"{method}: {name} is missing" for name in sorted(needed - set(params))]
    unknown = [f"{method}: {name} is unknown" for name in sorted(set(params) - set(known) - COMMON)]
    wrong = [
        f"{method}: {name}: {error}"
        for name, value in params.items()
        if name in known
        for error in _errors_of_parameter(known[name], value)
    ]
    return missing + unknown + wrong


def errors_of_event(type: str, object: Any) -> list[str]:  # noqa: A002 - VK's own words
    """Say what of an event's object does not fit VK's schema, unknown fields included."""
    if type not in _file("callback/objects.json")["definitions"]["callback_type"]["enum"]:
        return [f"{type}: no such event"]
    name = EVENT_OBJECTS.get(type, f"callback_{type}")
    schema = {
        "$ref": f"{BASE}callback/objects.json#/definitions/{name}",
        "unevaluatedProperties": False,
    }
    errors = _errors(schema, object)
    if type == "message_new":
        errors += _errors(
            {
                "$ref": f"{BASE}callback/objects.json#/definitions/callback_message",
                "unevaluatedProperties": False,
            },
            object.get("message"),
        )
    return [f"{type}: {error}" for error in errors]


def _errors_of_parameter(parameter: Json, value: Any) -> list[str]:
    schema = {
        key: part for key, part in parameter.items() if key not in {"name", "required", "$ref"}
    }
    try:
        read = _read(parameter, value)
    except ValueError:
        return [f"{value!r} is not {parameter['type']}"]
    errors = _errors(_convert(schema), read)
    if "$ref" in parameter:  # JSON text
        errors += _errors({"$ref": _absolute(parameter["$ref"])}, json.loads(value))
    return errors


def _read(parameter: Json, value: Any) -> Any:
    """Read a form's text as the type that the schema names."""
    if not isinstance(value, str):
        return value
    match parameter["type"]:
        case "integer":
            return int(value)
        case "number":
            return float(value)
        case "boolean":
            return {"0": False, "1": True, "false": False, "true": True}.get(value, value)
        case "array":
            item = parameter.get("items", {})
            words = value.split(",") if value else []
            return [_read(item, word) if "type" in item else word for word in words]
        case _:
            return value


def _errors(schema: Json, value: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema, registry=_registry())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@functools.cache
def _methods() -> dict[str, Json]:
    files = sorted(SCHEMA.glob("*/methods.json"))
    every = [method for file in files for method in json.loads(file.read_text())["methods"]]
    return {method["name"]: method for method in every}


@functools.cache
def _file(name: str) -> Json:
    return _mend(name, json.loads((SCHEMA / name).read_text()))


@functools.cache
def _registry() -> referencing.Registry[Any]:
    return referencing.Registry(retrieve=_retrieve)  # pyright: ignore[reportCallIssue] - attrs alias


def _retrieve(uri: str) -> referencing.Resource[Any]:
    content = {"definitions": _convert(_file(uri.removeprefix(BASE))["definitions"])}
    return referencing.Resource(content, referencing.jsonschema.DRAFT202012)


def _convert(schema: Any) -> Any:
    """Turn VK's dialect into JSON Schema 2020-12: `required` as a list, references absolute."""
    if isinstance(schema, list):
        return [_convert(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {
        key: _convert(part)
        for key, part in schema.items()
        if not (key == "required" and isinstance(part, bool))
    }
    properties = schema.get("properties")
    if isinstance(properties, dict):
        needed = [
            name
            for name, part in properties.items()
            if isinstance(part, dict) and part.get("required") is True
        ]
        if needed:
            result["required"] = needed
    if isinstance(schema.get("$ref"), str):
        result["$ref"] = _absolute(schema["$ref"])
    return result


def _absolute(reference: str) -> str:
    return BASE + reference.removeprefix("../")


def _mend(name: str, content: Json) -> Json:
    """Bring up to date what the schema is known to have behind VK."""
    definitions = content.get("definitions", {})
    if name == "messages/objects.json":
        button = definitions["messages_keyboard_button"]["properties"]
        button["color"]["enum"].append("secondary")
        keyboard = definitions["messages_keyboard"]["properties"]
        keyboard["one_time"]["required"] = False
    if name == "callback/objects.json":
        definitions["callback_type"]["enum"].append("message_event")
        definitions["callback_message_event"]["properties"]["payload"] = {"required": True}
    return content
