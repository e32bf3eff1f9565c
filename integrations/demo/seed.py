"""Made-up demo data for Khabarovsk Krai: places and kinds of bodies are real, people are not.

Plain values without any effect: `REFERENCE` has the format of `gateway import`, the pages, the
departments that the reference department acts for, and the residents stand beside it.
"""

from typing import Any

from msgspec import Struct

from integrations.demo.department import mis
from integrations.demo.vk.control import Resident


class SeedPage(Struct, frozen=True):
    """A community page of the demo; `municipality` is an OKTMO code."""

    group_id: int
    title: str
    municipality: str

    @property
    def token(self) -> str:
        """The page's token; worth something to the local stand-in alone."""
        return f"demo-token-{self.group_id}"

    @property
    def secret(self) -> str:
        """The secret of the page's callbacks, equally worthless elsewhere."""
        return f"demo-secret-{self.group_id}"


KHABAROVSK, KOMSOMOLSK, AMURSK = "08701000", "08709000", "08603101"

PAGES: tuple[SeedPage, ...] = (
    SeedPage(270_000_001, "Администрация города Хабаровска", KHABAROVSK),
    SeedPage(270_000_002, "Комсомольск-на-Амуре | Администрация", KOMSOMOLSK),
    SeedPage(270_000_003, "Амурск. Официальная страница", AMURSK),
    SeedPage(270_000_004, "Школа № 15 города Хабаровска", KHABAROVSK),
)

# Whose cases the page /department shows; each needs an API key and a webhook.
DEPARTMENTS: tuple[tuple[str, str], ...] = (
    ("reception", "Отдел обращений граждан"),
    ("roads", "Управление дорог и благоустройства"),
    ("housing", "Управление ЖКХ"),
    ("education", "Управление образования"),
    ("amursk", "Администрация города Амурска"),
    ("health", "Поликлиника № 1"),
    ("health2", "Поликлиника № 2"),
)
DEFAULT_DEPARTMENT = "reception"

ROUTES: tuple[dict[str, str], ...] = (
    {"kind": "appeal", "category": "roads", "department": "roads"},
    {"kind": "appeal", "category": "improvement", "department": "roads"},
    {"kind": "appeal", "category": "transport", "department": "roads"},
    {"kind": "appeal", "category": "housing", "department": "housing"},
    {"kind": "appeal", "category": "education", "department": "education"},
    {"kind": "appeal", "municipality": AMURSK, "department": "amursk"},
)


def _programme(code: str, title: str, direction: str, place: str, address: str) -> dict[str, Any]:
    return {
        "code": code,
        "department": "education",
        "title": title,
        "direction": direction,
        "municipality": place,
        "address": address,
    }


def _group(
    code: str, programme: str, title: str, ages: tuple[int, int], when: str
) -> dict[str, Any]:
    """A group of the school year, small enough to see it full."""
    return {
        "code": code,
        "programme": programme,
        "title": title,
        "capacity": 3,
        "waiting_capacity": 5,
        "age_from": ages[0],
        "age_to": ages[1],
        "age_on": "2026-09-01",
        "starts_on": "2026-09-01",
        "ends_on": "2030-05-31",
        "enrol_from": "2026-01-01",
        "enrol_until": "2030-05-01",
        "schedule": when,
        "priorities": [{"code": "many", "title": "Многодетная семья", "rank": 1}],
    }


PROGRAMMES = [
    _programme("robots", "Робототехника", "техническое", KHABAROVSK, "ул. Пушкина, 1"),
    _programme("ski", "Лыжные гонки", "физкультурно-спортивное", KHABAROVSK, "ул. Лыжная, 2"),
    _programme("paint", "Акварель", "художественное", KOMSOMOLSK, "пр. Мира, 3"),
]
GROUPS = [
    _group("robots-1", "robots", "Младшая группа", (7, 10), "Пн, ср 16:00"),
    _group("robots-2", "robots", "Старшая группа", (11, 15), "Вт, чт 18:00"),
    _group("ski-1", "ski", "Новички", (8, 12), "Сб 10:00"),
    _group("paint-1", "paint", "Первый год", (6, 14), "Пт 17:00"),
]

CLINICS = [
    {
        "code": "polyclinic-1",
        "department": "health",
        "title": "Поликлиника № 1",
        "address": "г. Хабаровск, ул. Больничная, 1",
        "phone": "+7 4212 00-00-01",
        "municipality": KHABAROVSK,
    },
    {
        "code": "polyclinic-2",
        "department": "health2",
        "title": "Поликлиника № 2",
        "address": "г. Хабаровск, ул. Больничная, 2",
        "phone": "+7 4212 00-00-02",
        "municipality": KHABAROVSK,
    },
]
MIS = "health2"
"""The department whose clinic has a system of its own, the master of its slots."""


def _doctor(
    code: str, name: str, speciality: str, room: str, clinic: str = "polyclinic-1"
) -> dict[str, Any]:
    return {
        "code": code,
        "clinic": clinic,
        "name": name,
        "speciality": speciality,
        "room": room,
        "needs_referral": speciality == "кардиолог",
    }


PRACTITIONERS = [
    _doctor("therapist-1", "Ким Юлия Андреевна", "терапевт", "12"),
    _doctor("therapist-2", "Цой Виктор Ильич", "терапевт", "14"),
    _doctor("surgeon-1", "Ли Анна Сергеевна", "хирург", "21"),
    _doctor("cardiologist-1", "Пак Игорь Олегович", "кардиолог", "30"),
]
MIS_PRACTITIONERS = [
    _doctor(code, name, speciality, room, "polyclinic-2")
    for code, (name, speciality, room) in zip(
        mis.PRACTITIONERS,
        (("Сон Елена Викторовна", "терапевт", "5"), ("Хван Олег Юрьевич", "хирург", "7")),
        strict=True,
    )
]
SLOT_DAYS, SLOT_TIMES = 10, ("09:00", "09:20", "09:40", "10:00", "14:00", "14:20")
"""For how many days ahead the demo's doctors have slots, and when."""

REFERENCE: dict[str, Any] = {
    "operators": [
        {
            "code": "default",
            "title": "Правительство Хабаровского края (демонстрация)",
            "address": "680000, г. Хабаровск, демонстрационный адрес",
            "phone": "+7 4212 00-00-00",
            "email": "demo@khabkrai.example",
        }
    ],
    "departments": [
        {"code": code, "title": title, "default": code == DEFAULT_DEPARTMENT}
        for code, title in DEPARTMENTS
    ],
    "routes": list(ROUTES),
    "programmes": PROGRAMMES,
    "groups": GROUPS,
    "clinics": CLINICS,
    "practitioners": [*PRACTITIONERS, *MIS_PRACTITIONERS],
}

RESIDENTS: tuple[Resident, ...] = (
    Resident(910_000_001, "Анна Сергеевна Тополева"),
    Resident(910_000_002, "Игорь Павлович Амурцев"),
    Resident(910_000_003, "Мария Ивановна Кедрова"),
    Resident(910_000_004, "Тимур Рашидович Сопкин"),
)
