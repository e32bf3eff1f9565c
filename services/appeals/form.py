"""The form of an appeal: what is asked, what is offered, what is shown before it is sent."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from schemas.forms import Choice, Consent, Form, Option, Photos, Place, Review, Text, When
from services.appeals import texts
from services.communities.queries import Category, Department
from services.departments.routing import Routed, Unrouted, route
from services.dialogs.world import Answers, Dialogue, World
from services.files.limits import CASE_FILES
from services.files.shelf import shelf_of
from services.files.wording import attached

TEXT_LIMIT = 3500  # with it, the summary still fits a message or two of VK's
NAME_LIMIT = 120
CONTACT_LIMIT = 120
YES, NO, GO_ON = "yes", "no", "write"

FORM = Form(
    "appeal",
    2,
    "Обращение",
    (
        Choice(key="category", prompt=texts.CATEGORY.ask, again=texts.CATEGORY.again),
        Choice(key="topic", prompt=texts.TOPIC.ask, again=texts.TOPIC.again),
        Choice(
            key="complaint",
            prompt=texts.COMPLAINT,
            again=texts.COMPLAINT_AGAIN,
            options=(Option(YES, "Да"), Option(NO, "Нет")),
            when=When("department"),
        ),
        Choice(
            key="complaint_card",
            prompt=texts.COMPLAINT_CARD,
            again=texts.COMPLAINT_CARD_AGAIN,
            options=(Option(GO_ON, "Всё равно написать"),),
            when=When("complaint", (YES,)),
        ),
        Consent(key="consent", prompt="", service="appeal", subject="self"),
        Text(
            key="text",
            prompt=texts.TEXT.ask,
            again=texts.TEXT.again,
            example=texts.TEXT.example,
            sensitivity="personal",
            shortest=10,
            longest=TEXT_LIMIT,
        ),
        Place(
            key="place",
            prompt=texts.PLACE.ask,
            again=texts.PLACE.again,
            example=texts.PLACE.example,
            sensitivity="personal",
            optional=True,
        ),
        Photos(
            key="photos",
            prompt=texts.PHOTOS.ask,
            again=texts.PHOTOS.again,
            sensitivity="personal",
            optional=True,
            most=CASE_FILES,
        ),
        Text(
            key="name",
            prompt=texts.NAME.ask,
            again=texts.NAME.again,
            example=texts.NAME.example,
            sensitivity="personal",
            shortest=2,
            longest=NAME_LIMIT,
            format="name",
        ),
        Text(
            key="contact",
            prompt=texts.CONTACT.ask,
            again=texts.CONTACT.again,
            example=texts.CONTACT.example,
            sensitivity="personal",
            longest=CONTACT_LIMIT,
            format="contact",
        ),
        Review(key="review", prompt=texts.REVIEW.ask, again=texts.REVIEW.again),
    ),
)


def _options(world: World, answers: Answers, key: str) -> tuple[Option, ...]:
    parent = answers.get("category") if key == "topic" else None
    if key == "topic" and parent is None:
        return ()
    rows: tuple[Category, ...] = world.snapshot.children.get(parent, ())
    if key == "topic" and not rows:  # a category without topics is its own
        own = world.snapshot.categories.get(str(parent))
        rows = () if own is None else (own,)
    return tuple(Option(row.code, row.title) for row in rows)


def lead_department(world: World, answers: Answers) -> Department | None:
    """Return where the routes lead so far, before the words are known."""
    return _route(world, answers).department


def routed(world: World, answers: Answers) -> Routed:
    """Return where the routes lead, the words known: never to the body complained about."""
    avoided = complained_about(world, answers)
    return _route(world, answers, answers["text"], None if avoided is None else avoided.id)


def complained_about(world: World, answers: Answers) -> Department | None:
    """Return the department that the resident complains about, or None."""
    return lead_department(world, answers) if answers.get("complaint") == YES else None


def _route(
    world: World, answers: Answers, text: str = "", skip_department_id: int | None = None
) -> Routed:
    case = Unrouted(
        kind="appeal",
        operator_id=world.operator.id,
        moment=world.now.astimezone(world.zone),
        category=answers.get("category"),
        topic=answers.get("topic"),
        municipality=world.community.municipality,
        community=world.community.group_id,
        text=text,
        skip_department_id=skip_department_id,
    )
    return route(world.snapshot, case)


def _facts(world: World, answers: Answers) -> Mapping[str, str]:
    if answers.get("topic") is None:
        return {"department": ""}
    department = lead_department(world, answers)
    return {"department": "" if department is None else department.title}


def _summary(world: World, answers: Answers) -> str:
    categories = world.snapshot.categories
    lines = [("Тема", subject(categories, answers))]
    avoided = complained_about(world, answers)
    if avoided is not None:
        lines.append(("Жалоба на", avoided.title))
    department = routed(world, answers).department
    lines += [
        ("Кому", texts.NO_DEPARTMENT if department is None else department.title),
        ("Что случилось", answers["text"]),
        ("Где", place_words(answers.get("place"))),
        ("Фото и файлы", files_words(world, answers.get("photos"))),
        ("Кто пишет", answers["name"]),
        ("Связаться", answers["contact"]),
    ]
    return texts.summary(tuple(lines))


def subject(categories: Mapping[str, Category], answers: Answers) -> str:
    """Return what a case is called: of category and topic, never of the resident's words."""
    codes = [str(answers.get(key)) for key in ("category", "topic")]
    titles = [categories[code].title for code in dict.fromkeys(codes) if code in categories]
    return ": ".join(titles)


def place_words(place: Mapping[str, object] | None) -> str:
    """Return a place as the resident reads it again."""
    if place is None:
        return "не указано"
    if "address" in place:
        return str(place["address"])
    return f"точка на карте {place['latitude']:.5f}, {place['longitude']:.5f}"


def files_words(world: World, files: Sequence[str] | None) -> str:
    """Return how many files there are; raises NeedsDatabase, which knows how many did not fit."""
    ids = tuple(UUID(each) for each in files or ())
    fit = shelf_of(world).fit(ids) if ids else 0
    return attached(fit, len(ids) - fit)


APPEAL_DIALOGUE = Dialogue(form=FORM, options=_options, facts=_facts, summary=_summary)
