"""What a resident is told of files."""

from services.cases.wording import count
from services.files.limits import CASE_FILES, DAY_BYTES, DAY_FILES, FILE_BYTES, MEGABYTE

WHY = {
    "too_large": f"он больше {FILE_BYTES // MEGABYTE} МБ",
    "day_full": f"за день принимаем от одного человека не больше {DAY_FILES} файлов "
    f"и {DAY_BYTES // MEGABYTE} МБ",
    "wrong_type": "принимаем только фото (JPEG, PNG, WebP, HEIC) и документы PDF, DOCX, XLSX",
    "too_many_pixels": "на снимке больше 40 мегапикселей",
    "broken": "он повреждён и не открывается",
    "unsafe": "он устроен так, что может навредить",
    "infected": "в нём нашли вредоносную программу",
    "empty": "он пустой",
    "gone": "во ВКонтакте его больше нет",
    "foreign": "он лежит не во ВКонтакте",
    "unreachable": "его не удалось загрузить из ВКонтакте",
}
"""Code of a refusal → the clause that says why."""

TAKEN_ALL = f"К обращению можно приложить не больше {CASE_FILES} файлов."
DAY_OVER = (
    f"На сегодня всё: за день принимаем от одного человека не больше {DAY_FILES} файлов "
    f"и {DAY_BYTES // MEGABYTE} МБ."
)


def files(number: int) -> str:
    """Return «3 файла»."""
    return count(number, "файл", "файла", "файлов")


def refused(name: str, code: str) -> str:
    """Return the sentence about a file that was not taken; `code` is a key of WHY."""
    why = WHY.get(code, WHY["unreachable"])
    return f"Файл «{name}» не приложили: {why}. На обращении это не скажется."


def stored(number: int, case_number: str | None) -> str:
    """Return what is said when everything sent so far is there."""
    to_case = "" if case_number is None else f" к заявке {case_number}"
    return f"Загружено{to_case}: {files(number)}."


def receiving(number: int) -> str:
    """Return what is said as soon as files were sent."""
    return f"Получили {files(number)}, загружаем."


def left_out(number: int, *, day_over: bool) -> str:
    """Return what is said of files beyond a limit."""
    why = DAY_OVER if day_over else TAKEN_ALL
    return f"Не взяли {files(number)}. {why}"


def attached(number: int, refused: int = 0) -> str:
    """Return how many files a draft has, and how many of those sent did not fit."""
    if not number and not refused:
        return "нет"
    fit = files(number) if number else "нет"
    return f"{fit} (не подошло: {refused})" if refused else fit
