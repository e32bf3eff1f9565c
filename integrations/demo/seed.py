"""Made-up demo data for Khabarovsk Krai: places and kinds of bodies are real, people are not.

Plain values without any effect: `REFERENCE` has the format of `gateway import`, the pages, the
departments that the reference department acts for, and the residents stand beside it.
"""

from typing import Any

from msgspec import Struct

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
}

RESIDENTS: tuple[Resident, ...] = (
    Resident(910_000_001, "Анна Сергеевна Тополева"),
    Resident(910_000_002, "Игорь Павлович Амурцев"),
    Resident(910_000_003, "Мария Ивановна Кедрова"),
    Resident(910_000_004, "Тимур Рашидович Сопкин"),
)
