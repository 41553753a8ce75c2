// The verdict, what led to it and what it proves.

import { byId, bytes, count, counted, element, facts, save } from "./format.js";

const MARKS = {
  VALID: "✓",
  INVALID: "✕",
  INCOMPLETE: "◐",
  passed: "✓",
  failed: "✕",
  not_checked: "○",
  not_present: "–",
};

const STATUS_WORDS = {
  passed: "Passed",
  failed: "Failed",
  not_checked: "Not checked",
  not_present: "Not present",
};

const MEANINGS = {
  VALID: "Every entry is what the holder of the secret sealed, in this order, and none is missing between the first and the last.",
  INVALID: "This file is not what was sealed and exported, or the key does not belong to it. Do not rely on it.",
  INCOMPLETE: "Nothing wrong was found, but these keys do not reach the entries. This is not a confirmation.",
};

const EMPTY_MEANING = "The holder of the secret signed an export that has no entries.";

/** Shows a judgement about a file. `keys` says which keys were given. */
export function showReport(judgement, file, keys, milliseconds) {
  const report = judgement.report;
  showVerdict(judgement);
  showBroken(judgement);
  byId("file-facts").replaceChildren(...fileFacts(judgement, file, keys, milliseconds));
  byId("checks").hidden = !report;
  byId("check-list").replaceChildren(...(report?.checks ?? []).map(checkRow));
  const unauthenticated = report?.not_authenticated ?? [];
  byId("unauthenticated").hidden = unauthenticated.length === 0;
  byId("unauthenticated-list").replaceChildren(
    ...unauthenticated.map((line) => element("li", {}, line)),
  );
  byId("proves").replaceChildren(
    ...proofs(judgement, keys).map(([kind, text]) => element("li", { class: kind }, text)),
  );
  byId("result").hidden = false;
}

/** Offers the report as a file: the verifier's own text, with what this page knows beside it. */
export function saveReport(text, file, keys) {
  const about = {
    file: { name: file.name, bytes: file.size },
    keys_given: keys,
    verified_at: new Date().toISOString(),
  };
  const head = JSON.stringify(about);
  const name = `${file.name.replace(/\.json$/, "")}.verification.json`;
  save(name, "application/json", `${head.slice(0, -1)},"result":${text}}`);
}

function showVerdict({ verdict, headline, entries }) {
  byId("verdict-box").dataset.verdict = verdict;
  byId("verdict").replaceChildren(mark(verdict), verdict);
  byId("headline").textContent = headline;
  byId("meaning").textContent =
    verdict === "VALID" && entries === 0 ? EMPTY_MEANING : MEANINGS[verdict];
}

function showBroken({ problems, broken }) {
  const [first] = problems;
  byId("broken").hidden = !first;
  if (!first) {
    return;
  }
  byId("broken-title").textContent =
    broken === 1 ? "The broken entry" : `The first of ${count(broken)} broken entries`;
  byId("broken-facts").replaceChildren(...problemFacts(first));
  byId("broken-open").dataset.position = first.position;
  const others = problems.slice(1);
  byId("more-broken").hidden = others.length === 0;
  byId("more-broken-title").textContent =
    others.length + 1 < broken
      ? `The next ${count(others.length)} of them`
      : counted(others.length, "other broken entry", "other broken entries");
  byId("more-broken-list").replaceChildren(
    ...others.map(({ reason, position }) =>
      element(
        "li",
        {},
        `${reason} `,
        element("button", { type: "button", class: "link", "data-position": position }, "Look at it"),
      ),
    ),
  );
}

/** What is known of a problem, for a `dl`. */
export function problemFacts({ reason, seq, position, field, expected, found }) {
  return facts([
    ["Reason", reason],
    ["Entry", `seq ${seq ?? "unreadable"}, number ${count(position)} in the file`],
    ["Field", field, "code"],
    ["Expected", expected, "code"],
    ["Found", found, "code"],
  ]);
}

function fileFacts({ report, entries }, file, keys, milliseconds) {
  const range = report?.range;
  const given = [keys.secret && "HMAC secret", keys.publicKey && "public key"].filter(Boolean);
  return facts([
    ["Name", file.name],
    ["Size", `${bytes(file.size)} (${count(file.size)} bytes)`],
    ["Format", report?.format],
    ["Entries", count(report?.entries_seen ?? entries)],
    ["Sequence numbers", range ? `${range[0]} to ${range[1]}` : null],
    ["Created", report?.created_at ? `${report.created_at} (as the file claims)` : null],
    ["Signed with", report?.signed_by ? `Ed25519 key ${report.signed_by} (as the file claims)` : null],
    ["Keys given", given.join(" and ") || "none"],
    ["Verified at", `${new Date().toISOString().slice(0, 19).replace("T", " ")} UTC`],
    ["Verified in", `${(milliseconds / 1000).toFixed(2)} s`],
  ]);
}

function checkRow({ title, status, detail }) {
  return element(
    "li",
    { "data-status": status },
    element("span", { class: "status" }, mark(status), STATUS_WORDS[status]),
    element("span", { class: "check-title" }, title),
    element("span", { class: "check-detail" }, detail),
  );
}

/** What the keys that were given prove for this file, and what they do not. */
function proofs({ verdict, report }, keys) {
  if (verdict === "INVALID") {
    return [
      ["no", "An invalid export proves nothing about any of its entries, those before the first broken one included: other text of the file may be wrong as well."],
      ["no", "The result does not say who changed the file, or whether the key given here is the wrong one."],
    ];
  }
  const list = [];
  if (keys.secret) {
    list.push(
      ["yes", "The secret proves that every body and every link was made by someone who holds it, and that none was changed, moved or removed in between since."],
      ["no", "It proves nothing against its holder: whoever has the secret can make another chain, or cut this one and sign it again, and this page will call it valid."],
      ["no", "It does not show whether the chain went on after the last entry of this export."],
    );
  }
  if (keys.publicKey) {
    list.push(["yes", "The public key proves that its owner signed this export’s chain signature, a code over the last link and the number of entries."]);
  }
  if (keys.publicKey && !keys.secret) {
    list.push(["no", "It proves nothing about the entries: in this format nothing ties the signature to them that can be checked without the secret. All of them could have been replaced or removed."]);
  }
  if (!keys.publicKey && report?.signed_by) {
    list.push(["no", "The signature in the file fits the key in the file. Without the operator’s public key from another source that says nothing about who signed."]);
  }
  if (!keys.secret && !keys.publicKey) {
    list.push(["no", "Without a key nothing is proved: anyone can make a file that agrees with itself."]);
  }
  if (keys.secret && report?.range && report.range[0] !== 1) {
    list.push(["no", "This is a part of a chain: what came before its first entry is not here."]);
  }
  return list;
}

function mark(name) {
  return element("span", { class: "mark", "aria-hidden": "true" }, MARKS[name]);
}
