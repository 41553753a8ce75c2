// Small helpers: elements without HTML text, numbers, times.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element. What comes from a file only ever becomes text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) {
      made.setAttribute(key, value);
    }
  }
  made.append(...children);
  return made;
}

/** Terms and descriptions for a `dl`; those without a description are left out. */
export function facts(pairs) {
  return pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value, kind]) =>
      element("div", {}, element("dt", {}, name), element("dd", { class: kind }, value)),
    );
}

const wholeNumbers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A count with separators. */
export const count = (number) => wholeNumbers.format(number);

/** A count and its noun. */
export const counted = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;

/** A length in bytes for a person. */
export function bytes(length) {
  const units = ["bytes", "KB", "MB", "GB"];
  let size = length;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 100 ? 0 : 1;
  return `${size.toFixed(digits)} ${units[unit]}`;
}

/** Nanoseconds since 1970 as UTC with as many decimals as asked; the text itself if it is no time. */
export function utc(nanoseconds, decimals) {
  if (!/^-?\d{1,19}$/.test(nanoseconds ?? "")) {
    return nanoseconds ?? "";
  }
  const total = BigInt(nanoseconds);
  const nanos = ((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = new Date(Number((total - nanos) / 1_000_000n)).toISOString();
  const fraction = String(nanos).padStart(9, "0").slice(0, decimals);
  return `${seconds.slice(0, 19).replace("T", " ")}.${fraction}`;
}

/** The first digits of a digest. */
export const short = (digest) => (digest ? `${digest.slice(0, 10)}…` : "");

/** Offers bytes or text as a file to save. */
export function save(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = element("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
