// Turns messages and keyboards into elements. Text is only ever set as text, never as HTML.

const TIME = new Intl.DateTimeFormat("ru", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("ru", { day: "numeric", month: "long" });
const LINK = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)»])/g;

export function element(name, { text, className, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";
export function icon(name, size = 22) {
  const made = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/demo/files/icons.svg#${name}`);
  for (const side of ["width", "height"]) made.setAttribute(side, size);
  made.setAttribute("class", "icon");
  made.setAttribute("aria-hidden", "true");
  made.append(use);
  return made;
}

export const timeOf = (seconds) => TIME.format(new Date(seconds * 1000));

export function dayOf(seconds) {
  const day = DAY.format(new Date(seconds * 1000));
  return day === DAY.format(new Date()) ? "Сегодня" : day;
}

export function avatar(made, community) {
  const letters = community.title.match(/[А-ЯЁA-Z]/gu) || ["?"];
  made.textContent = letters.slice(0, 2).join("");
  made.dataset.tone = community.group_id % 4;
  return made;
}

function paragraph(text) {
  const made = element("p");
  for (const [index, part] of text.split(LINK).entries()) {
    made.append(
      index % 2 ? element("a", { text: part, href: part, rel: "noreferrer", target: "_blank" }) : part,
    );
  }
  return made;
}

function place(geo) {
  const { latitude, longitude } = geo.coordinates;
  const degrees = [latitude, longitude].map((d) => d.toFixed(4).replace(".", ",")).join("; ");
  return element(
    "div",
    { className: "place" },
    icon("pin", 28),
    element("div", { text: "Местоположение" }, element("small", { text: degrees })),
  );
}

function voice(recording) {
  const bars = element("div", { className: "bars", "aria-hidden": "true" });
  for (const height of recording.waveform.slice(0, 36)) {
    const bar = element("i");
    bar.style.height = `${4 + height * 0.8}px`;
    bars.append(bar);
  }
  const label = `Голосовое сообщение, 0:0${recording.duration}`;
  return element("div", { className: "voice", role: "img", "aria-label": label }, bars, `0:0${recording.duration}`);
}

function attachment(attached) {
  switch (attached.type) {
    case "photo": {
      const size = attached.photo.sizes.at(-1);
      return element("img", { src: size.url, alt: "Фотография", width: size.width, height: size.height });
    }
    case "sticker":
      return element("img", { src: attached.sticker.images[1].url, alt: "Стикер", width: 128, height: 128 });
    case "doc": {
      const { title, url } = attached.doc;
      return element("p", {}, element("a", { text: `Документ: ${title}`, href: url, rel: "noreferrer", target: "_blank" }));
    }
    case "audio_message":
      return voice(attached.audio_message);
    default:
      return element("p", { text: `Вложение: ${attached.type}` });
  }
}

export function bubble(message, press, plain) {
  const mine = message.from === "resident";
  const made = element("article", { className: `bubble ${mine ? "mine" : message.from}` });
  const whose = mine ? "Вы" : message.from === "staff" ? "Сотрудник страницы" : "Страница";
  made.append(element("p", { text: whose, className: message.from === "staff" ? "who" : "sr" }));
  made.append(...message.attachments.map(attachment));
  if (message.attachments.some((attached) => attached.type === "sticker")) made.classList.add("bare");
  if (message.geo) made.append(place(message.geo));
  if (message.text) made.append(paragraph(message.text));
  made.append(element("time", { text: timeOf(message.at) }));
  if (message.buttons && !plain) {
    made.classList.add("wide");
    made.append(rows(message.buttons.rows, (button) => press(button, message.cmid), "inline-rows"));
  }
  return made;
}

export function rows(given, press, className) {
  const made = element("div", { className });
  made.append(
    ...given.map((row) => element("div", { className: "row" }, ...row.map((button) => key(button, press)))),
  );
  return made;
}

function key(button, press) {
  if (button.type === "open_link") {
    const safe = /^https?:/.test(button.link) ? button.link : "#";
    return element("a", { text: button.label, className: "key", href: safe, target: "_blank", rel: "noreferrer" });
  }
  const made = element("button", { className: "key", type: "button", "data-color": button.color });
  if (button.type === "location") made.append(icon("pin", 18));
  made.append(button.label);
  made.addEventListener("click", () => press(button));
  return made;
}
