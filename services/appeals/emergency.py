"""Words that sound like an emergency, and the card with the telephone numbers.

The card never blocks: a false alarm costs a resident one press. So the lists lean to alarm, but for
words that everyday complaints are full of («не горит фонарь», «бьёт вода»): those stand only in
phrases. Whole words and listed forms count: «газон» is not «газ», «пожарный гидрант» no fire.
"""

import re
import unicodedata
from typing import Literal

from msgspec import Struct

Service = Literal["112", "101", "102", "103", "104"]

SERVICES: dict[Service, str] = {
    "112": "единый номер экстренных служб, работает и без денег на счёте",
    "101": "пожарные и спасатели",
    "102": "полиция",
    "103": "скорая помощь",
    "104": "аварийная газовая служба",
}
"""Number → who answers, in the order of the card."""

WORDS: dict[Service, tuple[str, ...]] = {
    "104": (
        *("газ", "газа", "газу", "газом", "газе"),
        *("утечка газа", "запах газа", "пахнет газом"),
    ),
    "101": (
        *("пожар", "пожара", "пожару", "пожаром", "пожаре", "пожары", "пожаров"),
        *("возгорание", "возгорания", "возгорании", "загорелся", "загорелась", "загорелось"),
        *("задымление", "задымления", "горим", "горит дом", "горит квартира", "горит балкон"),
        *("горит подъезд", "горит крыша", "горит машина", "горит трава", "горит лес"),
        *("дом горит", "квартира горит", "балкон горит", "подъезд горит", "крыша горит"),
        *("машина горит", "трава горит", "лес горит", "поджог", "подожгли", "поджигают"),
    ),
    "102": (
        *("насилие", "насилия", "насилию", "насилием", "насилии", "насилует", "насилуют"),
        *("изнасилование", "изнасилования", "изнасиловали", "изнасиловал", "изнасиловать"),
        *("избивает", "избивают", "избил", "избили", "избит", "избита", "избиение", "избиения"),
        *("муж бьет", "бьет муж", "бьет меня", "меня бьет", "меня бьют", "бьют меня"),
        *("бьет жену", "бьет ребенка", "бьют ребенка", "бьет детей", "бьют детей"),
        *("убивает", "убивают", "убил", "убили", "убьет", "убийство", "убийства", "грозит убить"),
        *("угрожает убить", "угрожает ножом", "угрожает оружием", "с ножом", "с оружием"),
        *("драка", "драку", "драки", "дерутся", "стреляют", "стреляет", "стрельба", "стрельбу"),
        *("ограбили", "грабят", "ограбление", "ограбления", "похитили", "похищение"),
        *("похищение ребенка", "пропал ребенок", "ребенок пропал", "пропала девочка"),
        *("пропал мальчик", "пропали дети", "педофил", "педофила", "заложник", "заложники"),
    ),
    "103": (
        *("сердце", "сердца", "сердцу", "сердцем", "инфаркт", "инфаркта", "инсульт", "инсульта"),
        *("без сознания", "потерял сознание", "потеряла сознание", "не дышит", "задыхаюсь"),
        *("задыхается", "задыхаются", "кровотечение", "кровотечения", "истекает кровью"),
        *("умирает", "умираю", "умирают", "при смерти", "рожает", "рожаю", "отошли воды"),
        *("скорая", "скорую", "судороги", "приступ", "приступы", "передозировка", "передозировки"),
        *("отравился", "отравилась", "отравились", "отравление", "отравления"),
        *("ожог", "ожоги", "нападение собаки", "укусила собака", "собака укусила", "сбила машина"),
    ),
    "112": (
        *("тонет", "тонут", "тону", "утонул", "утонула", "утонули", "провалился под лед"),
        *("провалилась под лед", "провалились под лед", "унесло на льдине", "на льдине"),
        *("взрыв", "взрыва", "взорвался", "взорвалась", "взорвалось", "бомба", "бомбу", "теракт"),
        *("обрушение", "обрушения", "обрушился", "обрушилась", "обрушилось", "под завалом"),
        *("под завалами", "бьет током", "ударило током", "оголенный провод", "оголенные провода"),
        *("суицид", "суицида", "самоубийство", "самоубийства", "покончить с собой"),
        *("не хочу жить", "хочет прыгнуть", "выпал из окна", "выпала из окна", "выпал ребенок"),
        *("авария с пострадавшими", "есть пострадавшие", "есть погибшие", "спасите"),
    ),
}
"""Whom to call → words and phrases, in lower case, with е for ё."""

_SERVICE_OF: dict[str, Service] = {
    word: service for service, words in WORDS.items() for word in words
}
_FORMS = sorted(_SERVICE_OF, key=len, reverse=True)
_FIRST_WORDS = frozenset(form.split()[0] for form in _FORMS)
_WORD = re.compile(r"\w+")
_PATTERN = re.compile(
    r"(?<!\w)(?:" + "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in _FORMS) + r")(?!\w)"
)


class Emergency(Struct, frozen=True):
    """What was recognised: whom to call, and the form that stands in `WORDS`."""

    service: Service
    word: str


def emergency(text: str) -> Emergency | None:
    """Return the first sign of an emergency in what a resident typed, or None.

    Case and ё/е make no difference; words of a phrase may be any white space apart.
    """
    plain = unicodedata.normalize("NFC", text).lower().replace("ё", "е")
    # Every text is looked through, nearly none has a sign: most are done with here.
    if _FIRST_WORDS.isdisjoint(_WORD.findall(plain)):
        return None
    found = _PATTERN.search(plain)
    if found is None:
        return None
    word = " ".join(found[0].split())
    return Emergency(_SERVICE_OF[word], word)


def card(service: Service = "112") -> str:
    """Return the card for a resident; the number of `service` is named first, after 112."""
    first: tuple[Service, ...] = ("112", service)
    order = sorted(SERVICES, key=lambda number: number not in first)
    lines = [f"{number} — {SERVICES[number]}" for number in order]
    return "\n".join(
        (
            "Похоже, случилось что-то опасное. Мы никого не вызвали, позвоните сами:",
            "",
            *lines,
            "",
            "Звонок бесплатный. Если опасности нет, нажмите «Это не срочно», и мы продолжим.",
        )
    )
