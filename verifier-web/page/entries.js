// The list of entries, a page at a time, and one entry in full.

import { byId, bytes, count, element, facts, save, short, utc } from "./format.js";
import { problemFacts } from "./report.js";

const SEEN = {
  intact: ["✓", "Intact"],
  broken: ["✕", "Broken"],
  body_only: ["○", "Link not checked"],
};

const BODY_NOTES = {
  json: "JSON, indented for reading; nothing else was changed.",
  text: "Text that is not JSON.",
  bytes: "Not text: shown in hexadecimal.",
  missing: "This entry has no body that can be read.",
};

let source = null;
let total = 0;
let perPage = 1;
let page = 0;
let opened = null;

/** Connects the list to the verifier that has read the file. */
export function watchEntries(client) {
  source = client;
  byId("first-page").addEventListener("click", () => show(0));
  byId("previous-page").addEventListener("click", () => show(page - 1));
  byId("next-page").addEventListener("click", () => show(page + 1));
  byId("last-page").addEventListener("click", () => show(lastPage()));
  byId("go").addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(goToSeq);
  });
  byId("entry-rows").addEventListener("click", openFrom);
  byId("broken").addEventListener("click", openFrom);
  byId("entry-close").addEventListener("click", () => byId("entry").close());
  byId("save-body").addEventListener("click", () => guarded(saveBody));
}

/** Shows the first page of a newly verified file. */
export async function showEntries(judgement) {
  total = judgement.entries;
  perPage = judgement.page_entries;
  byId("entries").hidden = total === 0;
  if (total > 0) {
    await show(0);
  }
}

const lastPage = () => Math.ceil(total / perPage) - 1;

function show(wanted) {
  return guarded(async () => {
    const target = Math.min(Math.max(wanted, 0), lastPage());
    const { entries } = await source.read({ type: "page", page: target });
    page = target;
    byId("entry-rows").replaceChildren(...entries.map(row));
    const first = page * perPage + 1;
    byId("page-place").textContent =
      `${count(first)} to ${count(first + entries.length - 1)} of ${count(total)}`;
    byId("first-page").disabled = byId("previous-page").disabled = page === 0;
    byId("last-page").disabled = byId("next-page").disabled = page === lastPage();
  });
}

function row(entry) {
  const [sign, word] = SEEN[entry.seen];
  const cell = (label, text, kind) =>
    element("td", { "data-label": label, class: kind }, element("span", {}, text || "–"));
  const open = element(
    "button",
    { type: "button", class: "link", "data-position": entry.position, "aria-label": `Entry ${entry.seq ?? "unreadable"}` },
    entry.seq ?? "unreadable",
  );
  const status = element(
    "td",
    { "data-label": "Check", class: "seen" },
    element("span", {}, element("span", { class: "mark", "aria-hidden": "true" }, sign), word),
  );
  return element(
    "tr",
    { "data-seen": entry.seen },
    element("th", { scope: "row" }, open),
    cell("Time (UTC)", utc(entry.timestamp_ns, 3), "numbers nowrap"),
    cell("Name", entry.name, "name"),
    cell("Kind", entry.kind, "nowrap"),
    cell("Model", entry.model, "model"),
    cell("Status", entry.status, "nowrap"),
    cell("Body digest", short(entry.canonical_hash), "code"),
    cell("Link", short(entry.hmac_hash), "code"),
    status,
  );
}

function openFrom(event) {
  const position = Number(event.target.closest("[data-position]")?.dataset.position);
  if (position) {
    guarded(() => open(position));
  }
}

async function open(position) {
  const detail = await source.read({ type: "entry", position });
  const members = Object.fromEntries(detail.members);
  const [sign, word] = SEEN[detail.seen];
  opened = { position, seq: members.seq };
  byId("entry-title").textContent = `Entry ${members.seq ?? "unreadable"}`;
  byId("entry-check").replaceChildren(
    element("span", { class: "seen", "data-seen": detail.seen },
      element("span", { class: "mark", "aria-hidden": "true" }, sign), word),
  );
  byId("entry-facts").replaceChildren(
    ...(detail.problem ? problemFacts(detail.problem) : []),
    ...facts([
      ["Place in the file", `${count(position)} of ${count(total)}`],
      ["Time", members.timestamp_ns && `${utc(members.timestamp_ns, 9)} UTC`],
      ...detail.members.map(([name, text]) => [name, text, "code"]),
      ["SHA-256 of the body, computed here", detail.body_digest, "code"],
      ["Length of the body", detail.body_digest && `${count(detail.body_bytes)} bytes`],
    ]),
  );
  const cut = detail.body_cut ? ` Only the start of ${bytes(detail.body_bytes)} is shown.` : "";
  byId("body-note").textContent = BODY_NOTES[detail.body_form] + cut;
  byId("body-text").textContent = detail.body_text;
  byId("body-text").hidden = byId("save-body").hidden = detail.body_form === "missing";
  byId("entry").showModal();
  byId("entry").scrollTop = 0;
}

async function goToSeq() {
  const text = byId("go-seq").value.trim();
  if (!/^\d{1,15}$/.test(text)) {
    throw new Error("Give a sequence number: a whole number.");
  }
  const position = await source.find(Number(text));
  if (position === 0) {
    throw new Error(`The file has no entry with seq ${text}.`);
  }
  await show(Math.floor((position - 1) / perPage));
  byId("entry-rows").querySelector(`[data-position="${position}"]`)?.focus();
}

async function saveBody() {
  const body = await source.body(opened.position);
  save(`entry-${opened.seq ?? opened.position}.body`, "application/octet-stream", body);
}

/** Says what went wrong above the list. */
async function guarded(work) {
  byId("entries-error").textContent = "";
  try {
    await work();
  } catch (error) {
    byId("entries-error").textContent = error.message;
  }
}
