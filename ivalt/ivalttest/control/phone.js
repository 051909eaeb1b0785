"use strict";

// The page asks for the state each second and draws what changed. Every text from outside is set as text, never as markup.

const byId = (id) => document.getElementById(id);
const cards = new Map(); // push -> its card
const keyOf = (push) => push.id + " " + push.sent; // a restarted simulator counts from 1 again

// A text that turns the writing direction or holds control characters could make the line read as another one.
const visible = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, "\ufffd");

function element(tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}

function makeCard(push) {
  const card = element("li", "");
  const top = element("div", "top");
  const from = element("p", "from");
  from.textContent = visible(push.request_from) || "(the push has no text)";
  from.id = "push-" + push.id;
  const badge = element("span", "badge");
  top.append(from, badge);
  const who = element("p", "who");
  who.textContent = visible([push.name, push.email, push.mobile].filter(Boolean).join(" · "));
  const when = element("p", "when");
  const answers = element("div", "answers");
  for (const [word, label] of [["approve", "Approve"], ["deny", "Deny"]]) {
    const button = element("button", word);
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-describedby", from.id);
    button.addEventListener("click", () => answer(push.id, word, answers));
    answers.append(button);
  }
  card.append(top, who, when, answers);
  return { card, badge, when, answers };
}

const tones = {
  "waiting": "wait", "approved": "yes", "denied": "no", "outside geofence": "no", "outside hours": "no",
};

function ago(seconds) {
  if (seconds < 60) return Math.max(0, Math.floor(seconds)) + " s ago";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min ago";
  return Math.floor(seconds / 3600) + " h ago";
}

function timing(push, now) {
  const sent = Date.parse(push.sent);
  const parts = [new Date(sent).toLocaleTimeString() + ", " + ago((now - sent) / 1000)];
  if (push.answered) {
    parts.push("answered after " + ((Date.parse(push.answered) - sent) / 1000).toFixed(1) + " s");
  } else if (push.due) {
    parts.push("answers by itself (" + push.does + ") in " + Math.max(0, Math.ceil((Date.parse(push.due) - now) / 1000)) + " s");
  } else if (push.open) {
    const left = Math.ceil((Date.parse(push.expires) - now) / 1000);
    parts.push(left > 90 ? "expires in " + Math.round(left / 60) + " min" : "expires in " + Math.max(0, left) + " s");
  }
  return parts.join(" · ");
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function drawPush(push, now, list, place) {
  let drawn = cards.get(keyOf(push));
  if (!drawn) {
    drawn = makeCard(push);
    cards.set(keyOf(push), drawn);
  }
  if (list.children[place] !== drawn.card) list.insertBefore(drawn.card, list.children[place] || null);
  write(drawn.badge, push.state);
  drawn.badge.className = "badge " + (tones[push.state] || "");
  drawn.card.className = push.open ? "open" : "";
  drawn.answers.hidden = !push.open;
  write(drawn.when, timing(push, now));
}

function draw(state) {
  const now = Date.parse(state.now);
  const list = byId("pushes");
  state.pushes.forEach((push, place) => drawPush(push, now, list, place));
  const shown = new Set(state.pushes.map(keyOf));
  for (const [key, drawn] of cards) {
    if (!shown.has(key)) {
      drawn.card.remove();
      cards.delete(key);
    }
  }
  const open = state.pushes.filter((push) => push.open).length;
  byId("empty").hidden = state.pushes.length > 0;
  write(byId("news"), open === 0 ? "Nothing waits for an answer." : open === 1 ? "1 push waits for an answer." : open + " pushes wait for an answer.");
  document.title = (open > 0 ? "(" + open + ") " : "") + "Phone – iVALT rehearsal";
  for (const name of ["pushes", "polls", "approvals"]) write(byId("count-" + name), String(state.counters[name]));
  write(byId("count-faults"), String(state.faults.length));
}

function trouble(text) {
  const box = byId("trouble");
  box.hidden = text === "";
  write(box, text);
}

async function answer(id, word, answers) {
  const buttons = [...answers.children];
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const reply = await fetch("/control/" + word, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ push: id }),
    });
    if (!reply.ok && reply.status !== 409) throw new Error("status " + reply.status);
    await refresh();
  } catch (problem) {
    trouble("The answer did not arrive (" + problem.message + ").");
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
}

async function refresh() {
  try {
    const reply = await fetch("/control/state");
    if (!reply.ok) throw new Error("status " + reply.status);
    draw(await reply.json());
    trouble("");
  } catch (problem) {
    trouble("The simulator does not answer (" + problem.message + ").");
  }
}

async function live() {
  await refresh();
  setTimeout(live, 1000);
}

live();
