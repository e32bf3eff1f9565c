"""The form of an enrolment: which club, which child, who asks; up to three children in one go."""

from collections.abc import Iterator

from schemas.forms import (
    Certificate,
    Child,
    Choice,
    Consent,
    Form,
    Option,
    Phone,
    Review,
    Step,
    Text,
    When,
)
from services.clubs import texts

NAME = "enrolment"
MOST_CHILDREN = 3
GO_ON, ANOTHER, WAIT = "go_on", "another", "wait"
NOBODY = "none"
CONDITIONS = (
    Option("no", "Не нужны"),
    Option("yes", "Нужны"),
    Option("discuss", "Обсудить с организатором"),
)


def keys(number: int) -> dict[str, str]:
    """Return the keys of the steps of a child: those of the second end with `_2`."""
    tail = "" if number == 1 else f"_{number}"
    return {name: f"{name}{tail}" for name in ("child", "programme", "group", "wait", "more")}


def _steps(number: int) -> Iterator[Step]:
    """Return what is asked of each child."""
    key = keys(number)
    when = None if number == 1 else When(keys(number - 1)["more"], (ANOTHER,))
    yield Child(
        key=key["child"],
        prompt=texts.CHILD.ask if number == 1 else texts.NEXT_CHILD,
        again=texts.CHILD.again,
        example=texts.CHILD.example,
        sensitivity="personal",
        when=when,
    )
    yield Choice(
        key=key["programme"],
        prompt=texts.PROGRAMME.ask + "{unfit}",
        again=texts.PROGRAMME.again,
        empty=texts.NO_PROGRAMME,
        search=True,
        when=when,
    )
    yield Choice(
        key=key["group"],
        prompt=texts.GROUP.ask + "{unfit_groups}",
        again=texts.GROUP.again,
        empty=texts.NO_PROGRAMME,
        search=True,
        when=when,
    )
    yield Choice(
        key=key["wait"],
        prompt="{group}\n\n" + texts.FULL,
        again=texts.FULL_AGAIN,
        empty=texts.NO_ROOM,
        when=When(f"full_{number}"),
    )
    if number < MOST_CHILDREN:
        yield Choice(
            key=key["more"],
            prompt="{group}\n\n" + texts.MORE,
            again=texts.MORE_AGAIN,
            options=(Option(GO_ON, "Продолжить"), Option(ANOTHER, "Ещё один ребёнок")),
            when=when,
        )


FORM = Form(
    NAME,
    1,
    "Запись в кружок",
    (
        Choice(
            key="direction",
            prompt=texts.DIRECTION.ask,
            again=texts.DIRECTION.again,
            empty=texts.NOTHING,
        ),
        Consent(key="consent", prompt="", service="enrolment", subject="children"),
        *(step for number in range(1, MOST_CHILDREN + 1) for step in _steps(number)),
        Choice(
            key="priority",
            prompt=texts.PRIORITY,
            again=texts.PRIORITY_AGAIN,
            when=When("priorities"),
        ),
        Text(
            key="guardian",
            prompt=texts.GUARDIAN.ask,
            again=texts.GUARDIAN.again,
            example=texts.GUARDIAN.example,
            sensitivity="personal",
            shortest=2,
            longest=120,
            format="name",
        ),
        Phone(
            key="phone",
            prompt=texts.PHONE.ask,
            again=texts.PHONE.again,
            example=texts.PHONE.example,
            sensitivity="personal",
        ),
        Certificate(
            key="certificate",
            prompt=texts.CERTIFICATE.ask,
            again=texts.CERTIFICATE.again,
            example=texts.CERTIFICATE.example,
            sensitivity="personal",
            optional=True,
        ),
        Choice(
            key="conditions",
            prompt=texts.CONDITIONS.ask,
            again=texts.CONDITIONS.again,
            options=CONDITIONS,
            sensitivity="health",
        ),
        Review(key="review", prompt="", again=texts.REVIEW_AGAIN),
    ),
)
