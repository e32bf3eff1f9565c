// The folded panel «Неполадки»: bad days of VK on request, and what was counted.

import * as api from "./api.js";
import { element } from "./draw.js";

const PRESETS = [
  { label: "Слишком много запросов в секунду — код 6", fault: { kind: "error", code: 6 } },
  { label: "Слишком часто этому человеку — код 9", fault: { kind: "error", code: 9 }, personal: true },
  { label: "Внутренняя ошибка VK — код 10", fault: { kind: "error", code: 10 } },
  { label: "Человек не разрешил писать — код 901", fault: { kind: "error", code: 901 }, personal: true },
  { label: "Ключ сообщества отозван — код 5", fault: { kind: "error", code: 5 } },
  { label: "Страница с ошибкой 502 вместо ответа", fault: { kind: "bad_gateway" } },
  { label: "Зависнуть на 20 секунд", fault: { kind: "hang", seconds: 20 } },
  { label: "Доставить, но ответить через 20 секунд", fault: { kind: "late", seconds: 20 } },
];
const NAMES = { error: "ошибка", bad_gateway: "502", hang: "зависание", late: "поздний ответ" };

export function faultPanel(place) {
  const panel = document.getElementById("faults");
  const times = document.getElementById("fault-times");
  document.getElementById("fault-list").append(
    ...PRESETS.map((preset) => {
      const made = element("button", { type: "button", text: preset.label });
      made.addEventListener("click", async () => {
        const { group, user } = place();
        const fault = { ...preset.fault, group_id: group, times: Number(times.value) || null };
        if (preset.personal) fault.user_id = user;
        await api.addFault(fault);
        await refresh();
      });
      return made;
    }),
  );
  panel.addEventListener("toggle", () => panel.open && refresh());
  setInterval(() => panel.open && !document.hidden && refresh(), 2000);
}

async function refresh() {
  const [active, counted] = await Promise.all([api.faults(), api.counters()]);
  drawActive(active.items);
  drawCounters(counted);
}

function drawActive(items) {
  const shown = items.map((fault) => {
    const what = fault.kind === "error" ? `${NAMES.error} ${fault.code}` : NAMES[fault.kind];
    const left = fault.times === null ? "пока не уберёте" : `осталось: ${fault.times}`;
    return element("span", { className: "on", text: `Включено: ${what}, ${left}` });
  });
  if (items.length) {
    const clear = element("button", { type: "button", className: "plain-button", text: "Убрать все" });
    clear.addEventListener("click", async () => {
      await api.clearFaults();
      await refresh();
    });
    shown.push(clear);
  }
  document.getElementById("fault-active").replaceChildren(...shown);
}

function drawCounters(counted) {
  const pages = Object.values(counted.communities);
  const lines = [
    ["Вызовов VK", counted.calls],
    ["Сообщений доставлено", counted.messages],
    ["Наибольшее число вызовов за секунду", Math.max(0, ...pages.map((p) => p.most_calls_in_a_second))],
    ["Повторов отброшено", counted.duplicates_dropped],
    ["Нарушений правил VK", counted.violation_count],
    ["Событий ждут шлюза", pages.reduce((sum, p) => sum + p.queued_events, 0)],
  ];
  document
    .getElementById("counters")
    .replaceChildren(
      ...lines.flatMap(([name, value]) => [element("dt", { text: name }), element("dd", { text: value })]),
    );
}
