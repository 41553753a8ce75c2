// A rule for bijotel: warns of several exclamation marks in a row.
// wit/policy.wit is the contract; names are in camel case here, and enums are strings.

const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  additionalProperties: false,
  properties: {
    marks: {
      type: 'integer', minimum: 1, maximum: 1000, default: 3,
      description: 'How many exclamation marks in a row are too many.',
    },
  },
};

let marks = '!!!';

export const rule = {
  describe() {
    return {
      id: '{{name}}',
      version: '0.1.0',
      summary: 'Warns of several exclamation marks in a row.',
      stages: ['admission', 'inspection'],
      facts: [],
      configurationSchema: JSON.stringify(SCHEMA),
      lookBack: 0,
    };
  },

  // Its state afterwards is what every evaluation starts from. Throwing a string refuses.
  configure(text) {
    const { marks: count = 3, ...unknown } = JSON.parse(text);
    const [key] = Object.keys(unknown);
    if (key !== undefined) throw `unknown configuration key \`${key}\``;
    if (!Number.isInteger(count) || count < 1 || count > 1000) {
      throw 'the configuration key `marks`: expected a number from 1 to 1000';
    }
    marks = '!'.repeat(count);
  },

  counters() {
    return [];
  },

  evaluate(call) {
    const ranges = [];
    for (const { place, text } of pieces(call)) {
      for (let at = text.indexOf(marks); at >= 0; at = text.indexOf(marks, at + marks.length)) {
        ranges.push(range(place, text, at, at + marks.length));
      }
    }
    if (ranges.length === 0) {
      return { verdict: { tag: 'allow' }, findings: [], charges: [] };
    }
    const reason = 'Several exclamation marks in a row.';
    const findings = [{ code: 'shouting.marks', reason, ranges: ranges.slice(0, 100) }];
    return { verdict: { tag: 'warn' }, findings, charges: [] };
  },
};

// All texts of a call: what goes to the model, what came, and the arguments of tool calls.
function pieces(call) {
  const texts = [...call.input, ...call.output];
  return [
    ...texts.map(({ place, content }) => ({ place, text: content })),
    ...call.toolCalls.map((tool) => ({ place: tool.place, text: tool.arguments })),
  ];
}

// Offsets count bytes of UTF-8, where a string counts units of UTF-16.
function range(place, text, from, to) {
  const bytes = (part) => new TextEncoder().encode(part).length;
  const start = bytes(text.slice(0, from));
  return { place, start, end: start + bytes(text.slice(from, to)) };
}
