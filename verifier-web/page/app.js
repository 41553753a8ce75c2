// Verifies what the form holds and shows what comes of it.

import { byId, bytes, counted } from "./format.js";
import { Cancelled, Verifier } from "./client.js";
import { chosenFile, clearComplaints, complain, publicKey, takeSecret, watchInputs } from "./inputs.js";
import { saveReport, showReport } from "./report.js";
import { showEntries, watchEntries } from "./entries.js";

const verifier = new Verifier();
let last = null;

watchInputs(verify);
watchEntries(verifier);
byId("cancel").addEventListener("click", () => verifier.cancel());
byId("print").addEventListener("click", () => window.print());
byId("save-report").addEventListener("click", () => saveReport(last.text, last.file, last.keys));

async function verify() {
  clearComplaints();
  const file = chosenFile();
  if (!file) {
    return;
  }
  byId("result").hidden = byId("entries").hidden = true;
  const secret = takeSecret();
  const pem = publicKey();
  const keys = { secret: secret !== undefined, publicKey: pem !== undefined };
  busy(true);
  announce("Verifying.");
  try {
    const { text, milliseconds } = await verifier.verify(file, secret, pem, (progress) =>
      showProgress(progress, file.size),
    );
    const outcome = JSON.parse(text);
    if (outcome.outcome === "refused") {
      complain(outcome.about, outcome.message);
    } else {
      last = { text, file, keys };
      showReport(outcome, file, keys, milliseconds);
      await showEntries(outcome);
      announce(outcome.headline);
      byId("verdict").focus({ preventScroll: true });
      byId("result").scrollIntoView();
    }
  } catch (error) {
    explain(error);
  } finally {
    busy(false);
  }
}

function explain(error) {
  if (error instanceof Cancelled) {
    announce("Cancelled.");
    complain("page", "Cancelled: there is no verdict. Give the secret again to start over.");
  } else {
    announce("The verification stopped.");
    complain("page", `The verification stopped and there is no verdict: ${error.message}`);
  }
}

function busy(is) {
  byId("verify").hidden = is;
  byId("cancel").hidden = !is;
  byId("progress").hidden = !is;
  byId("inputs").setAttribute("aria-busy", String(is));
  if (is) {
    showProgress({ bytes: 0, entries: 0 }, 1);
    byId("cancel").focus();
  } else if ([document.body, byId("cancel")].includes(document.activeElement)) {
    byId("verify").focus();
  }
}

function showProgress({ bytes: read, entries }, size) {
  const share = size === 0 ? 1 : read / size;
  byId("progress-bar").value = Math.round(share * 1000);
  byId("progress-text").textContent =
    `${Math.floor(share * 100)} %, ${bytes(read)}, ${counted(entries, "entry", "entries")}`;
}

function announce(text) {
  byId("announcements").textContent = text;
}
