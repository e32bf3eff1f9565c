"use strict";
// Everything works without this script; it keeps pages fresh and what was typed in place.

const WAIT = 1500;
let refreshing = null;

async function refresh() {
  const answer = await fetch(location.href, { headers: { "X-Refresh": "1" } });
  if (answer.redirected || !answer.ok) {
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const found = fresh.getElementById(part.id);
    if (found && !part.contains(document.activeElement) && found.innerHTML !== part.innerHTML) {
      part.replaceWith(document.adoptNode(found));
    }
  }
}

function soon() {
  if (refreshing === null) {
    refreshing = setTimeout(() => {
      refreshing = null;
      refresh().catch(() => undefined);
    }, WAIT);
  }
}

function follow() {
  const link = document.getElementById("link");
  const stream = new EventSource("/admin/live");
  let first = true;
  stream.addEventListener("change", (event) => {
    const told = JSON.parse(event.data);
    link.textContent = told.cases.length ? `Новых заявок: ${told.cases.length}.` : "Обновляется само.";
    if (!first || told.cases.length) {
      soon();
    }
    first = false;
  });
  stream.addEventListener("error", () => {
    link.textContent = "Нет связи, пробуем снова.";
  });
  addEventListener("pagehide", () => stream.close());
}

// A form that is refused keeps what was typed: the sentence comes to it, not instead of it.
async function send(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const answer = await fetch(form.action, { method: "POST", body });
  if (answer.redirected) {
    location.assign(answer.url);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const told = page.getElementById("problem");
  let place = form.querySelector("[role=alert]");
  if (!place) {
    place = document.createElement("p");
    place.className = "wrong";
    place.setAttribute("role", "alert");
    form.append(place);
  }
  place.textContent = told ? told.textContent : "Не получилось. Повторите.";
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.keep === undefined) {
    return;
  }
  event.preventDefault();
  for (const button of form.querySelectorAll("button")) {
    button.disabled = true;
  }
  send(form, event.submitter)
    .catch(() => undefined)
    .finally(() => {
      for (const button of form.querySelectorAll("button")) {
        button.disabled = false;
      }
    });
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) {
    print();
  }
});

document.addEventListener("change", (event) => {
  const chosen = event.target.closest("[data-template]");
  if (chosen && chosen.value) {
    const words = chosen.form.querySelector("textarea");
    words.value = words.value ? `${words.value}\n${chosen.value}` : chosen.value;
    chosen.selectedIndex = 0;
    words.focus();
  }
});

if (document.body.dataset.signed !== undefined && document.getElementById("link")) {
  if (document.querySelector("[data-live]")) {
    follow();
  } else {
    document.getElementById("link").textContent = "";
  }
}
