// The chat page: acts as a resident in a community's conversation and follows what comes back.

import * as api from "./api.js";
import { avatar, bubble, dayOf, element, rows, timeOf } from "./draw.js";
import { faultPanel } from "./faults.js";

const at = (id) => document.getElementById(id);
const list = at("messages");
const now = { group: 0, user: 0, last: 0, day: "", plain: false };
let demo = { communities: [], residents: [] };
let waiting = null;

const place = () => ({ group: now.group, user: now.user });
const client = () => (now.plain ? "plain" : "full");
const seenKey = (group) => `seen:${now.user}:${group}`;

async function begin() {
  demo = await api.about();
  at("schema-link").href = `${demo.gateway_url}/schema`;
  const asked = new URLSearchParams(location.hash.slice(1));
  now.group = known(demo.communities, "group_id", asked.get("page"));
  now.user = known(demo.residents, "user_id", asked.get("resident"));
  fill("community", demo.communities, "group_id", (page) => page.title);
  fill("resident", demo.residents, "user_id", (person) => person.name);
  faultPanel(place);
  await open();
  const stream = new EventSource("/demo/stream");
  stream.addEventListener("message", (event) => follow(JSON.parse(event.data)));
  stream.addEventListener("open", () => status(""));
  stream.addEventListener("error", () => status("Нет связи со стендом, подключаемся…"));
}

function known(items, name, asked) {
  const found = items.find((item) => String(item[name]) === asked) || items[0];
  return found ? found[name] : 0;
}

function fill(kind, items, name, words) {
  for (const select of document.querySelectorAll(`[data-choose="${kind}"]`)) {
    select.replaceChildren(
      ...items.map((item) => element("option", { value: item[name], text: words(item) })),
    );
    select.addEventListener("change", () => choose(kind, Number(select.value)));
  }
}

function choose(kind, id) {
  now[kind === "community" ? "group" : "user"] = id;
  open();
}

async function open() {
  location.replace(`#page=${now.group}&resident=${now.user}`);
  const page = demo.communities.find((item) => item.group_id === now.group);
  for (const select of document.querySelectorAll("[data-choose]")) {
    select.value = select.dataset.choose === "community" ? now.group : now.user;
  }
  if (!page) return status("На стенде нет ни одной страницы");
  at("title").textContent = page.title;
  document.title = `${page.title} — демонстрация`;
  avatar(at("avatar"), page);
  settle();
  forget();
  await refresh();
}

function forget() {
  now.last = 0;
  now.day = "";
  list.replaceChildren();
}

let refreshing = Promise.resolve();
function refresh() {
  refreshing = refreshing.then(load).catch((error) => status(error.message));
  return refreshing;
}

async function load() {
  const { group, user } = now;
  let talk = await api.read(group, user, now.last);
  if (talk.last_cmid < now.last) {
    forget();
    talk = await api.read(group, user, 0);
  }
  if (group !== now.group || user !== now.user) return;
  draw(talk);
  localStorage.setItem(seenKey(group), now.last);
  await drawPages();
}

function draw(talk) {
  const low = list.scrollHeight - list.scrollTop - list.clientHeight < 120 || now.last === 0;
  if (talk.messages.length) list.querySelector(".empty")?.remove();
  for (const message of talk.messages) {
    const day = dayOf(message.at);
    if (day !== now.day) list.append(element("div", { className: "day", text: day }));
    now.day = day;
    now.last = message.cmid;
    list.append(bubble(message, press, now.plain));
    if (message.from !== "resident") settle();
  }
  if (waiting) list.append(waiting.shown);
  const fresh = now.last === 0;
  if (fresh && !list.querySelector(".empty")) {
    list.append(element("p", { className: "empty", text: "Здесь пока пусто. Нажмите «Начать» или напишите странице." }));
  }
  drawKeyboard(talk, fresh);
  at("denied").hidden = talk.allowed || fresh;
  if (low) list.scrollTop = list.scrollHeight;
}

function drawKeyboard(talk, fresh) {
  const shown = [];
  if (fresh) {
    const made = element("button", { type: "button", className: "key begin", text: "Начать" });
    made.addEventListener("click", () => act({ act: "start", client: client() }));
    shown.push(made);
  } else if (talk.keyboard && !now.plain) {
    shown.push(...rows(talk.keyboard.rows, (button) => press(button)).children);
  }
  at("keyboard").replaceChildren(...shown);
}

async function drawPages() {
  const last = new Map((await api.talks(now.user)).items.map((item) => [item.group_id, item]));
  const made = demo.communities.map((page) => {
    const end = last.get(page.group_id);
    const said = end ? (end.from === "resident" ? "Вы: " : "") + (end.text || "Вложение") : "Пока нет сообщений";
    const button = element(
      "button",
      { type: "button", className: "page", "aria-current": page.group_id === now.group ? "true" : null },
      avatar(element("span", { className: "avatar", "aria-hidden": "true" }), page),
      element("strong", { text: page.title }),
      element("time", { text: end ? timeOf(end.at) : "" }),
      element("span", { className: "last", text: said }),
    );
    if (end && end.cmid > Number(localStorage.getItem(seenKey(page.group_id)) || 0)) {
      button.append(element("span", { className: "unread", role: "img", "aria-label": "есть новые сообщения" }));
    }
    button.addEventListener("click", () => choose("community", page.group_id));
    return button;
  });
  at("pages").replaceChildren(...made);
}

function follow(changes) {
  const here = changes.some((c) => c.group_id === now.group && c.user_id === now.user);
  if (here) refresh();
  else if (changes.some((c) => c.user_id === now.user)) drawPages();
}

async function act(what) {
  at("attach").open = false;
  try {
    await api.act(now.group, now.user, what);
    if (["allow", "deny", "staff"].includes(what.act)) return await refresh();
    expect();
    await refresh();
  } catch (error) {
    status(error.message);
  }
}

function press(button, cmid) {
  const what = { act: "press", client: client(), cmid: cmid ?? null };
  if (button.payload !== null) what.payload = button.payload;
  if (button.type !== "location") what.label = button.label;
  act(what);
}

// The page is thought to be answering until it does; if it takes long, the reason is shown.
function expect() {
  settle();
  status("");
  const shown = element("div", { className: "typing", text: "Страница отвечает", "aria-hidden": "true" });
  waiting = { shown, timers: [setTimeout(explain, 4000), setTimeout(settle, 30000)] };
}

function settle() {
  if (!waiting) return;
  waiting.timers.forEach(clearTimeout);
  waiting.shown.remove();
  waiting = null;
  status("");
}

async function explain() {
  const pages = (await api.communities()).items;
  const page = pages.find((item) => item.group_id === now.group);
  const queued = page ? page.servers.reduce((sum, server) => sum + server.queued, 0) : 0;
  if (queued) status("Шлюз пока не принял событие, VK повторит его позже");
}

function status(words) {
  at("status").textContent = words;
}

at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!text) return;
  at("text").value = "";
  grow();
  act({ act: "text", text, client: client() });
});
at("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("composer").requestSubmit();
  }
});
at("text").addEventListener("input", grow);
function grow() {
  at("text").style.height = "auto";
  at("text").style.height = `${at("text").scrollHeight + 2}px`;
}

for (const button of document.querySelectorAll(".attach-menu > [data-act]")) {
  button.addEventListener("click", () => {
    const what = { act: button.dataset.act, client: client() };
    if (what.act === "location") {
      what.latitude = Number(button.dataset.latitude);
      what.longitude = Number(button.dataset.longitude);
    }
    act(what);
  });
}
at("own-place").addEventListener("click", () => {
  const [latitude, longitude] = ["latitude", "longitude"].map((id) => Number(at(id).value.replace(",", ".")));
  if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) {
    act({ act: "location", latitude, longitude, client: client() });
  } else {
    status("Широта — от −90 до 90, долгота — от −180 до 180");
  }
});
at("staff").addEventListener("submit", (event) => {
  event.preventDefault();
  act({ act: "staff", text: at("staff-text").value });
  at("staff-text").value = "";
});
at("allow").addEventListener("click", () => act({ act: "allow" }));
at("deny").addEventListener("click", () => act({ act: "deny" }));
at("plain").addEventListener("change", () => {
  now.plain = at("plain").checked;
  forget();
  refresh();
});

function showSide(open) {
  at("side").classList.toggle("open", open);
  at("veil").hidden = !open;
  at("side-open").setAttribute("aria-expanded", open);
  (open ? at("side-close") : at("side-open")).focus();
}
at("side-open").addEventListener("click", () => showSide(true));
at("side-close").addEventListener("click", () => showSide(false));
at("veil").addEventListener("click", () => showSide(false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  at("attach").open = false;
  if (at("side").classList.contains("open")) showSide(false);
});
document.addEventListener("click", (event) => {
  if (!at("attach").contains(event.target)) at("attach").open = false;
});

begin().catch((error) => status(error.message));
