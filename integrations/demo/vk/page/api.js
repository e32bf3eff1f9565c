// Calls to the stand-in. Every function answers with JSON, or throws with words for people.

async function ask(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail || `Стенд ответил ${answer.status}`);
  }
  return answer.status === 204 ? null : answer.json();
}

const post = (path, body) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

export const about = () => ask("/demo/about");
export const talks = (user) => ask(`/demo/talks/${user}`);
export const read = (group, user, after) =>
  ask(`/demo/conversations/${group}/${user}?after=${after}`);
export const act = (group, user, what) => post(`/demo/conversations/${group}/${user}`, what);
export const communities = () => ask("/demo/communities");
export const counters = () => ask("/demo/counters");
export const faults = () => ask("/demo/faults");
export const addFault = (fault) => post("/demo/faults", fault);
export const clearFaults = () => ask("/demo/faults", { method: "DELETE" });
