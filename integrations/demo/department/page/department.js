// The reference department's page: its queue, one opened case, and failing on purpose.

import { element } from "/demo/files/draw.js";
import { drawCase } from "./case.js";
import { HOOKS, STATES, WORK, day, word } from "./words.js";

const at = (id) => document.getElementById(id);
const now = { department: "", case: null };
const CLOCK = new Intl.DateTimeFormat("ru", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

async function ask(path, method = "GET", body = undefined) {
  const answer = await fetch(`/department/api/${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const given = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(explain(answer.status, given));
  return given;
}

function explain(status, problem) {
  if (status === 412) return "Заявка изменилась, пока вы её читали. Откройте её снова.";
  const errors = (problem?.errors || []).map((error) => error.message).join(" ");
  return errors || problem?.detail || problem?.title || `Шлюз ответил ${status}`;
}

function guarded(work) {
  return async (...given) => {
    try {
      at("alert").hidden = true;
      await work(...given);
    } catch (error) {
      at("alert").textContent = error.message;
      at("alert").hidden = false;
    }
  };
}

const begin = guarded(async () => {
  const state = await ask("state");
  at("schema-link").href = `${state.gateway_url}/schema`;
  at("department").replaceChildren(
    ...state.departments.map((one) => element("option", { value: one.code, text: one.title })),
  );
  const codes = state.departments.map((one) => one.code);
  // Whoever comes from the chat wants the department that has just been told of a case.
  const wanted = [location.hash.slice(1), state.heard[0]?.department, codes[0]];
  now.department = wanted.find((code) => codes.includes(code)) || "";
  at("department").value = now.department;
  drawState(state);
  if (!now.department) throw new Error("Шлюз ещё не завёл для стенда ни одного ведомства.");
  await drawQueue();
});

function drawState(state) {
  for (const input of at("modes").querySelectorAll("input")) input.checked = input.value === state.mode;
  const titles = Object.fromEntries(state.departments.map((one) => [one.code, one.title]));
  at("hooks").replaceChildren(
    ...(state.heard.length ? state.heard.map((note) => hook(note, titles)) : [element("li", { text: "Пока ни одного." })]),
  );
}

function hook(note, titles) {
  const type = note.body?.type;
  const what = note.department === null ? "Чужая подпись" : word(HOOKS, type);
  const number = note.body?.data?.number;
  const good = note.status < 300;
  const result = good ? "принято" : note.status === 401 ? "отвергнуто" : `сбой ${note.status}`;
  const where = [CLOCK.format(new Date(note.at * 1000)), titles[note.department], note.again ? "повтор" : ""];
  return element(
    "li",
    {},
    element("span", { text: [what, number].filter(Boolean).join(" ") }),
    element("span", { className: good ? "good" : "bad", text: result }),
    element("span", { className: "quiet", text: where.filter(Boolean).join(" · ") }),
  );
}

async function drawQueue() {
  const { items } = await ask(`${now.department}/cases`);
  const rank = (one) => (WORK.includes(one.state) ? 0 : 1);
  items.sort((a, b) => rank(a) - rank(b) || b.urgent - a.urgent || a.created_at.localeCompare(b.created_at));
  const empty = element("li", { className: "quiet", text: "Заявок нет. Подайте обращение в чате — оно появится здесь." });
  at("queue").replaceChildren(...(items.length ? items.map(row) : [empty]));
}

function row(one) {
  const work = WORK.includes(one.state);
  const state = element("span", {
    className: "state",
    text: word(STATES, one.state),
    ...(work ? { "data-work": "" } : { "data-end": "" }),
  });
  const made = element(
    "button",
    { type: "button", "aria-current": one.id === now.case ? "true" : null },
    element("span", { className: "number", text: one.number }),
    state,
    element("span", { className: "subject", text: one.subject }),
    element("span", { className: "quiet due", text: one.due_at && work ? `Срок: ${day(one.due_at)}` : "" }),
  );
  if (one.urgent) made.append(element("span", { className: "urgent", text: "Возможна угроза" }));
  made.addEventListener("click", () => open(one.id));
  return element("li", {}, made);
}

const open = guarded(async (id) => {
  now.case = id;
  const opened = await ask(`${now.department}/cases/${id}`);
  at("case-title").textContent = `Заявка ${opened.case.number}`;
  at("case-hint").hidden = true;
  const path = `${now.department}/cases/${id}`;
  drawCase(at("case-body"), opened, {
    fileAt: (number) => `/department/api/${path}/attachments/${number}`,
    move: guarded(async (move) => {
      await ask(`${path}/transitions`, "POST", move);
      await open(id);
    }),
    write: guarded(async (text) => {
      await ask(`${path}/messages`, "POST", { text });
      await open(id);
    }),
  });
  await drawQueue();
});

function close() {
  now.case = null;
  at("case-title").textContent = "Выберите заявку";
  at("case-hint").hidden = false;
  at("case-body").replaceChildren();
}

at("department").addEventListener("change", guarded(async () => {
  now.department = at("department").value;
  location.replace(`#${now.department}`);
  close();
  await drawQueue();
}));
at("claim").addEventListener("click", guarded(async () => {
  const { items } = await ask(`${now.department}/claim`, "POST");
  if (!items.length) throw new Error("Свободных заявок нет: всё взято или всё решено.");
  await open(items[0].id);
}));
at("modes").addEventListener("change", guarded(async (event) => {
  await ask("mode", "PUT", { mode: event.target.value });
}));

// A webhook may tell of a case before its state is read again: the list follows the news.
const news = new EventSource("/department/api/stream");
news.addEventListener("message", guarded(async () => {
  const state = await ask("state");
  drawState(state);
  if (!now.department) return;
  await drawQueue();
  const newest = state.heard[0];
  if (now.case && newest?.body?.data?.case_id === now.case) await open(now.case);
}));

begin();
