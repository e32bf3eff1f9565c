// One opened case: what the resident wrote, what can be done with it, what has happened.

import { element } from "/demo/files/draw.js";
import {
  DANGEROUS, DELIVERIES, MOVES, ORDER, REASONED, REASONS, STATES, WHO, moment, word,
} from "./words.js";

const LONGEST = 4000;

export function drawCase(place, opened, act) {
  const { details } = opened.case;
  place.replaceChildren(
    facts(opened.case),
    element("p", { className: "words", text: details.text || "Текст появится, когда заявка откроется целиком." }),
    files(opened.case, act),
    moves(opened, act),
    note(act),
    history(opened.events),
  );
}

function facts(one) {
  const { details } = one;
  const point = details.location;
  const degrees = point && `${point.latitude?.toFixed(4)}; ${point.longitude?.toFixed(4)}`.replaceAll(".", ",");
  const lines = [
    ["Состояние", word(STATES, one.state)],
    ["Тема", one.subject],
    ["Срок", one.due_at && moment(one.due_at)],
    ["Адрес", details.address],
    ["Место", degrees],
    ["Заявитель", details.applicant?.name],
    ["Связь", details.applicant?.contact],
    ["Оценка жителя", details.rating && `${details.rating} из 5`],
    ["Сообщить", one.reach === "chat" ? "" : "по телефону: в чат написать нельзя"],
  ];
  const shown = lines.filter(([, value]) => value);
  return element(
    "dl",
    { className: "facts" },
    ...shown.flatMap(([name, value]) => [element("dt", { text: name }), element("dd", { text: value })]),
  );
}

function files(one, act) {
  const attached = one.details.attachments || [];
  if (!attached.length) return "";
  const items = attached.map((file) => {
    const link = element("a", { text: file.name, href: act.fileAt(file.id), download: "" });
    const scan = file.scan === "unscanned" ? "на вирусы не проверен" : "проверен на вирусы";
    const facts = [size(file.size), scan].join(" · ");
    return element("li", {}, link, " ", element("span", { className: "quiet", text: facts }));
  });
  return element("div", {}, element("h2", { text: "Файлы" }), element("ul", { className: "files" }, ...items));
}

const size = (bytes) =>
  bytes < 1024 * 1024
    ? `${Math.max(1, Math.round(bytes / 1024))} КБ`
    : `${(bytes / 1024 / 1024).toFixed(1).replace(".", ",")} МБ`;

function moves(opened, act) {
  const box = element("div", { className: "answer" });
  const form = element("form", { className: "answer", hidden: "" });
  const buttons = element("div", { className: "moves", role: "group", "aria-label": "Что сделать с заявкой" });
  const rank = (move) => ORDER.indexOf(move.to);
  for (const move of [...opened.moves].sort((a, b) => rank(a) - rank(b))) {
    const tone = DANGEROUS.includes(move.to) ? "danger" : move.to === "answered" ? "primary" : "";
    const made = element("button", { type: "button", className: `button ${tone}`, text: word(MOVES, move.to) });
    made.addEventListener("click", () => fillForm(form, move, opened, act));
    buttons.append(made);
  }
  if (!opened.moves.length) buttons.append(element("p", { className: "quiet", text: "Сейчас ведомство с этой заявкой ничего не делает." }));
  box.append(buttons, form);
  return box;
}

function fillForm(form, move, opened, act) {
  const needsReason = REASONED.includes(move.to);
  if (move.message !== "required" && !needsReason) {
    return act.move({ to: move.to, version: opened.version });
  }
  const text = element("textarea", { rows: "4", maxlength: LONGEST, required: "", name: "message" });
  const reason = element("select", { name: "reason" });
  reason.append(...opened.reasons.map((code) => element("option", { value: code, text: word(REASONS, code) })));
  form.replaceChildren(
    ...(needsReason ? [element("label", { className: "field", text: "Причина" }, reason)] : []),
    element("label", { className: "field", text: `${word(MOVES, move.to)}: житель прочтёт это слово в слово` }, text),
    element("button", { type: "submit", className: "button primary", text: word(MOVES, move.to) }),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    act.move({
      to: move.to,
      version: opened.version,
      message: text.value,
      ...(needsReason ? { reason: reason.value } : {}),
    });
  };
  form.hidden = false;
  text.focus();
}

function note(act) {
  const text = element("textarea", { rows: "2", maxlength: LONGEST, required: "" });
  const form = element(
    "form",
    { className: "answer" },
    element("label", { className: "field", text: "Написать жителю, не меняя состояния" }, text),
    element("div", {}, element("button", { type: "submit", className: "button", text: "Отправить" })),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act.write(text.value);
  });
  return form;
}

function history(events) {
  const items = events.map((event) => {
    const step = event.to ? `${word(STATES, event.to)}` : "";
    const head = [moment(event.at), word(WHO, event.by), step].filter(Boolean).join(" · ");
    const made = element("li", {}, element("span", { className: "quiet", text: head }));
    if (event.message) made.append(element("p", { text: event.message }));
    if (event.delivery) made.append(element("span", { className: "quiet", text: word(DELIVERIES, event.delivery) }));
    return made;
  });
  return element("div", {}, element("h2", { text: "Что было" }), element("ol", { className: "events" }, ...items));
}
