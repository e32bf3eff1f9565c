"""Words of the monitor: states, kinds, roles, events and errors as its readers call them."""

from services.cases.transitions import REASONS

KINDS = {"appeal": "Обращение", "enrolment": "Запись в кружок", "appointment": "Приём у врача"}
KINDS_MANY = {"appeal": "Обращения", "enrolment": "Кружки", "appointment": "Врачи"}
ROLES = {
    "admin": "администратор",
    "moderator": "модератор",
    "viewer": "наблюдатель",
    "department": "ведомство",
}
STATES = {
    "submitted": "Поступило",
    "registered": "Зарегистрировано",
    "in_work": "В работе",
    "on_approval": "На согласовании",
    "needs_info": "Ждём жителя",
    "answered": "Отвечено",
    "reopened": "Не решено, снова в работе",
    "forwarded": "Передано",
    "refused": "Отказано",
    "returned": "Возвращено",
    "withdrawn": "Отозвано жителем",
    "closed": "Закрыто",
    "review": "На проверке",
    "test_invited": "Приглашён на испытание",
    "confirmed": "Подтверждено",
    "enrolled": "Зачислен",
    "waitlisted": "В листе ожидания",
    "offered": "Предложено место",
    "rejected": "Отклонено",
    "left": "Выбыл",
    "completed": "Занятия закончились",
    "declined": "Отказался от места",
    "expired": "Срок истёк",
    "pending": "Ждём поликлинику",
    "booked": "Записан",
    "rebooking": "Нужно другое время",
    "attended": "Приём состоялся",
    "no_show": "Неявка",
    "disputed": "Неявка оспорена",
    "lapsed": "Время прошло",
    "cancelled": "Отменено",
}
ACTIONS = {
    "registered": "Зарегистрировать",
    "in_work": "Взять в работу",
    "answered": "Ответить",
    "on_approval": "Отправить на согласование",
    "needs_info": "Спросить жителя",
    "refused": "Отказать",
    "returned": "Вернуть без рассмотрения",
    "closed": "Прекратить переписку",
    "rejected": "Отклонить",
    "confirmed": "Подтвердить",
    "test_invited": "Пригласить на испытание",
    "enrolled": "Зачислить",
    "left": "Отметить уход",
    "submitted": "Принять",
    "waitlisted": "В лист ожидания",
    "booked": "Записать",
    "cancelled": "Отменить",
    "attended": "Приём состоялся",
    "no_show": "Неявка",
}
"""What a button that leads to a state says; others say the state."""
ON_BEHALF = {
    "withdrawn": "Отозвать по просьбе жителя",
    "reopened": "Житель говорит: не решено",
    "in_work": "Внести ответ жителя",
}
EVENTS = {
    "filed": "Заявка подана",
    "transition": "Новое состояние",
    "on_behalf": "Внесено за жителя",
    "message": "Сообщение",
    "called": "Сообщено по телефону",
    "tagged": "Изменены метки",
    "rated": "Оценка ответа",
    "forwarded": "Передано",
    "extended": "Срок продлён",
    "attached": "Добавлены файлы",
    "assigned": "Назначено ведомству",
    "identity_verified": "Личность подтверждена",
    "became_appeal": "Подано как обращение по 59-ФЗ",
    "update_not_applied": "Сообщение системы ведомства не применено",
    "deadline_near": "Срок близко",
    "deadline_passed": "Срок прошёл",
    "deadline_passed_twice": "Просрочено вдвое",
    "deadline_passed_thrice": "Просрочено втрое",
    "rescheduled": "Приём перенесён",
    "reminded": "Напоминание о приёме",
}
WHY = {
    "answer": "ответ",
    "register": "регистрация",
    "forward": "передача",
    "not_allowed": "так нельзя по таблице состояний",
    "approval_required": "нужно согласование",
    "no_message": "нет текста ответа",
    "demo": "демонстрационная проверка",
}
"""Reasons of events that are no reasons of a move."""
BY = {
    "department": "ведомство",
    "admin": "администратор",
    "resident": "житель",
    "gateway": "система",
}
DELIVERIES = {
    "waiting": "ждёт отправки",
    "leased": "отправляется",
    "sent": "доставлено",
    "parked": "нельзя написать",
    "dead": "не доставлено",
    "expired": "уже не нужно",
}
DELIVERY_KINDS = {"message": "сообщение жителю", "hand_off": "передача ведомству"}
REACH = {"chat": "в чате", "phone": "только по телефону", "blocked": "запретил писать ему"}
PAGE_STATES = {
    "ok": "работает",
    "wait": "ждёт подтверждения",
    "failed": "ВК не достучался",
    "unconfigured": "не настроена",
    "missing": "адрес не подключён",
    "unknown": "неизвестно",
}
LEGAL = {"message": "сообщение", "appeal_59fz": "обращение по 59-ФЗ"}
CLOCKS = {
    "running": "идёт",
    "paused": "ждёт жителя",
    "overdue": "просрочен",
    "met": "соблюдён",
    "missed": "закрыт с опозданием",
}
CLOCK_NAMES = {
    "answer": "Ответ жителю",
    "register": "Регистрация",
    "forward": "Передача по принадлежности",
    "return": "Возврат без рассмотрения",
}
PASSED_OVER = {
    "unreachable": "не смогли сообщить",
    "bundle_needs_more": "семье нужно больше мест сразу",
}
"""Why somebody in a line was passed over."""
AGAINST = {"group_closed": "закрыта", "window_closed": "приёма нет"}
"""Why nobody can be enrolled in a group just now."""
SLOTS = {
    "unreleased": "ещё не открыто",
    "free": "свободно",
    "held": "кто-то выбирает",
    "offered": "предложено из листа ожидания",
    "booked": "занято",
    "closed": "закрыто",
}
WEEK = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
DIFFERENCES = {
    "missing_there": "нет у ведомства",
    "missing_here": "нет у нас",
    "state_differs": "разные состояния",
}
RECONCILIATIONS = {
    "waiting": "ждёт начала",
    "running": "идёт",
    "done": "закончена",
    "failed": "не удалась",
}
CONDITIONS = {"no": "не нужны", "yes": "нужны", "discuss": "обсудить"}

ERRORS = {
    "unauthorized": "Такого ключа нет или он больше не действует.",
    "forbidden": "Вашему ключу это не разрешено.",
    "wrong_form": "Форма устарела или открыта не отсюда. Обновите страницу и повторите.",
    "not_found": "Здесь ничего нет, или это видно другому ведомству.",
    "invalid_request": "Что-то заполнено неверно.",
    "invalid_cursor": "Список изменился, откройте его с начала.",
    "precondition_required": "Обновите страницу и повторите.",
    "version_conflict": "Пока вы смотрели, заявка изменилась. Обновите страницу и повторите.",
    "transition_not_allowed": "Из нынешнего состояния так сделать нельзя.",
    "approval_required": "Ведомство согласует ответы: сначала отправьте на согласование.",
    "same_person": "Ответ согласует не тот, кто его написал.",
    "assignment_ended": "Ваше ведомство эту заявку уже передало.",
    "nothing_to_call": "Об этом уже сообщили.",
    "complained_about": "На это ведомство жалуются: передать заявку ему нельзя.",
    "already_assigned": "Одно из этих ведомств уже занимается заявкой.",
    "extension_not_allowed": "Продлить можно только обращение по 59-ФЗ, один раз и до срока.",
    "group_full": "В группе нет мест.",
    "waiting_list_full": "В листе ожидания нет мест.",
    "already_enrolled": "Ребёнок уже записан в эту группу.",
    "slot_taken": "Это время уже занято.",
    "same_speciality": "У пациента уже есть запись к врачу этой специальности.",
    "overlapping": "У пациента уже есть запись на это время.",
    "decided_by_clinic_system": "Расписание ведёт система поликлиники: измените его там.",
    "too_many_requests": "Слишком много запросов. Подождите немного и повторите.",
    "unavailable": "Сейчас не получается. Повторите через несколько секунд.",
    "conflict": "В нынешнем состоянии это невозможно.",
}
SORRY = "Произошла ошибка, мы уже её записали. Повторите немного позже."
FIELDS = {
    "message": "Напишите текст: его прочтёт житель.",
    "text": "Напишите текст: его прочтёт житель.",
    "reason": "Укажите причину.",
    "Gateway-Actor": "Для согласования нужно имя: выйдите и войдите, назвав себя.",
    "title": "Назовите фильтр: от 1 до 60 знаков.",
    "number": "Такого номера не бывает: цифра пропущена или неверна.",
    "phone": "Телефон пишется так: +7 914 123-45-67.",
    "from": "Дата пишется так: 2026-03-12.",
    "to": "Дата пишется так: 2026-03-12.",
    "municipality": "Код ОКТМО: 8 или 11 цифр.",
    "community": "Страницы с таким номером нет.",
    "tags": "Меток не больше 20, каждая до 64 знаков.",
    "department": "Такого ведомства нет.",
    "departments": "Выберите, кому передать.",
    "departments.0": "Выберите другое ведомство.",
    "days": "Продлить можно на срок от 1 до 30 дней.",
    "destination": "Такого ведомства или страницы нет.",
    "templates": "Шаблонов не больше 100, каждый до 4000 знаков.",
    "name": "Имя не длиннее 200 знаков.",
    "category": "Такой категории нет.",
    "ids": "Отметьте время в таблице или выберите врача на весь день.",
    "state": "Такого состояния у заявок этого вида нет.",
}
"""What to do about a field that is wrong."""
TROUBLES = {
    "not_confirmed": "ВК не подтвердил адрес",
    "not_connected": "события не подключены",
    "token_unreadable": "ключ доступа не читается",
    "no_right_manage": "нет права на управление",
    "no_right_messages": "нет права на сообщения",
    "no_right_photos": "нет права на фото",
    "no_right_docs": "нет права на документы",
    "paused": "отправка приостановлена",
    "silent": "давно молчит",
    "state_wait": "ВК ещё не подтвердил адрес",
    "state_failed": "ВК не достучался",
    "state_unconfigured": "не настроена",
    "state_missing": "адрес не подключён",
    "state_unknown": "состояние неизвестно",
}
DONE = {
    "moved": "Готово: состояние изменено.",
    "forwarded": "Передано, житель об этом узнает.",
    "extended": "Срок продлён, житель об этом узнает.",
    "sent": "Сообщение отправлено жителю.",
    "called": "Отмечено: жителю сообщили по телефону.",
    "tagged": "Метки сохранены.",
    "released": "Заявка возвращена в очередь.",
    "kept": "Фильтр сохранён.",
    "replayed": "Отправляем ещё раз.",
    "nothing": "Свободных заявок в очереди нет.",
    "nothing_lost": "Отправлять повторно нечего.",
    "templates": "Шаблоны сохранены.",
    "named": "Сохранено.",
    "group_closed": "Группа закрыта, все, кого это касается, прочтут ваш текст.",
    "slots_closed": "Время закрыто, записанные прочтут ваш текст и выберут другое.",
    "compared": "Сверка начата, её итог появится здесь.",
}
"""What a page says after something was done, by the code in its address."""


def reason_titles(kind: str) -> dict[str, str]:
    """Return the reasons of a kind of case, by code."""
    return next((titles for name, titles in REASONS.items() if name == kind), {})
