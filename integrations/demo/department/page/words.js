// How the page words states, moves, reasons and events.

export const STATES = {
  submitted: "на проверке",
  registered: "зарегистрирована",
  in_work: "в работе",
  on_approval: "на согласовании",
  needs_info: "ждёт сведений",
  answered: "дан ответ",
  reopened: "возвращена жителем",
  forwarded: "передана",
  refused: "отказано",
  returned: "возвращена",
  withdrawn: "отозвана",
  closed: "закрыта",
};
export const WORK = ["submitted", "registered", "in_work", "reopened", "on_approval"];
export const MOVES = {
  registered: "Зарегистрировать",
  in_work: "Взять в работу",
  needs_info: "Задать вопрос",
  on_approval: "На согласование",
  answered: "Ответить",
  closed: "Закрыть",
  returned: "Вернуть",
  refused: "Отказать",
};
export const ORDER = Object.keys(MOVES);
export const DANGEROUS = ["refused", "returned"];
export const REASONED = ["refused", "returned", "rejected"];
export const REASONS = {
  not_competent: "вопрос не входит в наши полномочия",
  no_essence: "не удалось понять суть вопроса",
  not_enough_data: "не хватает сведений",
  illegible: "текст не удалось прочитать",
  insulting: "в тексте оскорбления или угрозы",
  repeated: "на этот вопрос уже отвечали",
  other: "другая причина",
};
export const WHO = {
  resident: "Житель",
  department: "Ведомство",
  gateway: "Шлюз",
  admin: "Администратор",
  moderator: "Модератор",
};
export const HOOKS = {
  "case.assigned": "Новая заявка",
  "case.reopened": "Житель вернул заявку",
  "case.withdrawn": "Житель отозвал заявку",
  "case.message_added": "Житель дополнил заявку",
  "case.updated": "Заявка изменилась",
  "webhook.test": "Проверка связи",
};
export const DELIVERIES = {
  waiting: "ждёт отправки",
  leased: "отправляется",
  sent: "доставлено",
  parked: "житель не разрешил писать",
  dead: "не доставлено",
  expired: "устарело",
};

export const word = (table, code) => table[code] || code;
const MOMENT = new Intl.DateTimeFormat("ru", {
  day: "numeric", month: "long", hour: "2-digit", minute: "2-digit",
});
const DAY = new Intl.DateTimeFormat("ru", { day: "numeric", month: "long" });
export const moment = (text) => MOMENT.format(new Date(text));
export const day = (text) => DAY.format(new Date(text));
