"""Forms as values: what a service asks, in which order, and what an answer may be.

The same description drives the chat, the check of JSON over REST and the published JSON Schema.
"""

from typing import Any, Literal

from msgspec import Struct

Sensitivity = Literal["plain", "personal", "health"]
Service = Literal["appeal", "enrolment", "appointment", "reminders"]
Subject = Literal["self", "children"]


class Option(Struct, frozen=True):
    """One thing to choose: the code that is kept, and the words the resident reads.

    `said`: another word by which it can be typed, such as a case's number.
    """

    code: str
    label: str
    said: str = ""


class When(Struct, frozen=True):
    """A branch: the step is asked only if the answer or fact `key` is one of `codes`.

    Without codes anything but an empty value will do.
    """

    key: str
    codes: tuple[str, ...] = ()


class _Asked(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every step has. `prompt` may name facts: `{department}`."""

    key: str
    prompt: str
    again: str = ""  # what is said to a wrong answer, with an example
    optional: bool = False
    example: str | None = None
    sensitivity: Sensitivity = "plain"
    when: When | None = None


class Choice(_Asked, frozen=True, kw_only=True, tag="choice"):
    """One of `options`, or of what the form's dialogue offers for this key.

    `empty` is said where there is nothing to choose. With `search` some words of one label are
    enough, if they are of no other. With `holds` what is chosen is held while the form is sent.
    """

    options: tuple[Option, ...] = ()
    empty: str = ""
    search: bool = False
    holds: bool = False


class Text(_Asked, frozen=True, kw_only=True, tag="text"):
    """Words of the resident's own; lengths in characters."""

    shortest: int = 1
    longest: int = 1000
    format: Literal["any", "name", "contact"] = "any"


class Phone(_Asked, frozen=True, kw_only=True, tag="phone"):
    """A telephone number, kept in one spelling."""


class Child(_Asked, frozen=True, kw_only=True, tag="child"):
    """A child: one that is known already, offered by name, or «Иванов Пётр, 12.03.2016»."""


class Certificate(_Asked, frozen=True, kw_only=True, tag="certificate"):
    """The number of a child's certificate of additional education."""


class Policy(_Asked, frozen=True, kw_only=True, tag="policy"):
    """The number of a policy of compulsory health insurance: 16 digits, the last one checks."""


class Place(_Asked, frozen=True, kw_only=True, tag="place"):
    """An address in words, or a point shared from the phone."""

    longest: int = 300


class Photos(_Asked, frozen=True, kw_only=True, tag="photos"):
    """Photos and documents, `most` of them at most; gathered until «Готово»."""

    most: int = 10


class Consent(_Asked, frozen=True, kw_only=True, tag="consent"):
    """Agreement to the operator's document for a service and subject (152-ФЗ, art. 9)."""

    service: Service
    subject: Subject


class Review(_Asked, frozen=True, kw_only=True, tag="review"):
    """Everything that was entered, and «Отправить»."""


Step = Choice | Text | Phone | Child | Certificate | Policy | Place | Photos | Consent | Review

Offering = Choice | Child
"""Steps whose answers can be buttons of the form's dialogue."""


class Form(Struct, frozen=True):
    """A named, versioned list of steps."""

    name: str
    version: int
    title: str
    steps: tuple[Step, ...]

    def step(self, key: str) -> Step | None:
        """Return the step with this key, or None."""
        return next((step for step in self.steps if step.key == key), None)


class PublishedStep(Struct, frozen=True):
    """A step as `GET /forms/{name}` shows it."""

    key: str
    kind: str
    optional: bool
    example: str | None
    sensitivity: Sensitivity


class PublishedForm(Struct, frozen=True):
    """A form as `GET /forms/{name}` shows it."""

    name: str
    version: int
    steps: tuple[PublishedStep, ...]


def published(form: Form) -> PublishedForm:
    """Return what the outside may hold on to."""
    return PublishedForm(
        form.name,
        form.version,
        tuple(
            PublishedStep(
                step.key,
                str(step.__struct_config__.tag),
                step.optional,
                step.example,
                step.sensitivity,
            )
            for step in form.steps
        ),
    )


def json_schema(form: Form) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the form's answers, by step key."""
    asked = [step for step in form.steps if not isinstance(step, Consent | Review)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": form.title,
        "type": "object",
        "properties": {step.key: _value_schema(step) for step in asked},
        "required": [step.key for step in asked if not step.optional and step.when is None],
        "additionalProperties": False,
    }


def _value_schema(step: Step) -> dict[str, Any]:
    match step:
        case Choice(options=options) if options:
            return {"type": "string", "enum": [option.code for option in options]}
        case Choice():
            return {"type": "string", "pattern": "^[a-z0-9][a-z0-9_.-]{0,63}$"}
        case Text(shortest=shortest, longest=longest):
            return {"type": "string", "minLength": shortest, "maxLength": longest}
        case Place(longest=longest):
            point = {"latitude": {"type": "number"}, "longitude": {"type": "number"}}
            address = {"address": {"type": "string", "maxLength": longest}}
            return {"type": "object", "properties": address | point}
        case Phone():
            return {"type": "string", "pattern": "^\\+[0-9]{11,15}$"}
        case Certificate():
            return {"type": "string", "pattern": "^[0-9A-Z-]{6,20}$"}
        case Policy():
            return {"type": "string", "pattern": "^[0-9]{16}$"}
        case Child():
            date = {"type": "string", "format": "date"}
            name = {"type": "string", "maxLength": 120}
            return {
                "type": "object",
                "properties": {"name": name, "birth_date": date},
                "required": ["name", "birth_date"],
            }
        case Photos(most=most):
            return {"type": "array", "items": {"type": "string"}, "maxItems": most}
        case _:
            return {}
