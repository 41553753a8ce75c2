// The form: a file, a secret, a public key.

import { byId, bytes } from "./format.js";

const MAX_KEY_FILE_BYTES = 64 * 1024;
const MAX_NAME = 200;

/** The inputs that can be wrong, by the name that a refusal gives them, with where that is said. */
const PLACES = {
  file: ["file", "file-error"],
  secret: ["secret", "secret-error"],
  public_key: ["public-key", "public-key-error"],
  page: [null, "page-error"],
};

let chosen = null;

/** Watches the form; `onVerify` is called when it is sent. */
export function watchInputs(onVerify) {
  byId("file").addEventListener("change", (event) => choose(event.target.files[0]));
  for (const input of document.querySelectorAll('input[type="file"]')) {
    input.addEventListener("keydown", chooseOnEnter);
  }
  watchDrops();
  watchKeyFile("secret-file", "secret", "secret");
  watchKeyFile("public-key-file", "public-key", "public_key");
  byId("inputs").addEventListener("submit", (event) => {
    event.preventDefault();
    onVerify();
  });
}

/** The chosen file, or null after saying that there is none. */
export function chosenFile() {
  if (!chosen) {
    complain("file", "Choose the export to verify.");
  }
  return chosen;
}

/** Takes the secret out of the page: as bytes, or undefined if none was given. */
export function takeSecret() {
  const input = byId("secret");
  const text = input.value.trim();
  input.value = "";
  return text === "" ? undefined : new TextEncoder().encode(text);
}

/** The public key's PEM text, or undefined if none was given. */
export function publicKey() {
  const text = byId("public-key").value.trim();
  return text === "" ? undefined : text;
}

/** Says what is wrong with an input, beside it, and goes there. */
export function complain(about, message) {
  const [input, place] = PLACES[about] ?? PLACES.page;
  byId(place).textContent = message;
  if (input) {
    byId(input).setAttribute("aria-invalid", "true");
    byId(input).focus();
  }
}

/** Takes all complaints back. */
export function clearComplaints() {
  for (const [input, place] of Object.values(PLACES)) {
    byId(place).textContent = "";
    if (input) {
      byId(input).removeAttribute("aria-invalid");
    }
  }
}

/** Enter would send the form; here it chooses a file, as it does on a button. */
function chooseOnEnter(event) {
  if (event.key === "Enter") {
    event.preventDefault();
    event.target.click();
  }
}

function choose(file) {
  if (!file) {
    return;
  }
  chosen = file;
  clearComplaints();
  byId("file-name").textContent = `${file.name.slice(0, MAX_NAME)}, ${bytes(file.size)}`;
  byId("drop").classList.add("chosen");
}

function watchDrops() {
  const drop = byId("drop");
  // Anywhere else a dropped file would replace the page.
  for (const type of ["dragover", "drop"]) {
    window.addEventListener(type, (event) => event.preventDefault());
  }
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    choose(event.dataTransfer.files[0]);
  });
}

function watchKeyFile(fileId, fieldId, about) {
  const input = byId(fileId);
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) {
      return;
    }
    clearComplaints();
    if (file.size > MAX_KEY_FILE_BYTES) {
      complain(about, `${file.name.slice(0, MAX_NAME)} is too large to be a key file.`);
      return;
    }
    try {
      byId(fieldId).value = (await file.text()).trim();
      byId(fieldId).focus();
    } catch {
      complain(about, `${file.name.slice(0, MAX_NAME)} could not be read.`);
    }
  });
}
