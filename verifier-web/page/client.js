// The page's side of the worker: asks, waits for answers, stops it and starts another.

import { byId } from "./format.js";

/** What the page says when the worker stopped by itself. */
export class Crashed extends Error {}

/** What a waiting question gets when the person cancelled. */
export class Cancelled extends Error {}

export class Verifier {
  #worker = null;
  #module = null;
  #questions = new Map();
  #lastId = 0;

  /** Verifies a file; `secret` is handed over to the worker and gone here. */
  async verify(file, secret, publicKey, onProgress) {
    await this.#start();
    const transfer = secret ? [secret.buffer] : [];
    return this.#ask({ type: "verify", file, secret, publicKey }, transfer, onProgress);
  }

  /** The answer to a question about the last verified file: JSON that was read. */
  async read(question) {
    const { text } = await this.#ask(question);
    const value = JSON.parse(text);
    if (value.error) {
      throw new Error(value.error);
    }
    return value;
  }

  /** The sealed body of an entry. */
  async body(position) {
    return (await this.#ask({ type: "body", position })).bytes;
  }

  /** The place of the entry with a sequence number, or 0. */
  async find(seq) {
    return (await this.#ask({ type: "find", seq })).position;
  }

  /** Stops whatever the worker does. */
  cancel() {
    this.#stop(new Cancelled("cancelled"));
  }

  async #start() {
    if (this.#worker) {
      return;
    }
    this.#module ??= await WebAssembly.compile(decoded(byId("wasm").textContent));
    const source = byId("worker-source").textContent;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    this.#worker = new Worker(url);
    this.#worker.onmessage = ({ data }) => this.#take(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#stop(new Crashed(event.message || "the worker could not be started"));
    };
    try {
      await this.#ask({ type: "start", module: this.#module });
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  #ask(question, transfer = [], onProgress = undefined) {
    if (!this.#worker) {
      return Promise.reject(new Crashed("the worker is not running: verify the file again"));
    }
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#questions.set(id, { resolve, reject, onProgress });
      this.#worker.postMessage({ id, ...question }, transfer);
    });
  }

  #take({ id, answer, progress, crashed }) {
    const question = this.#questions.get(id);
    if (progress) {
      question?.onProgress?.(progress);
    } else if (crashed) {
      this.#stop(new Crashed(crashed));
    } else {
      this.#questions.delete(id);
      question?.resolve(answer);
    }
  }

  #stop(reason) {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#questions.values()) {
      reject(reason);
    }
    this.#questions.clear();
  }
}

function decoded(base64) {
  const text = atob(base64);
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
