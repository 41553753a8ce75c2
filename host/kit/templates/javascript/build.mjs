// Makes the component; `bijotel rule build` runs this and names the file to write.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { componentize } from '@bytecodealliance/componentize-js';

const target = process.argv[2] ?? 'dist/{{name}}.wasm';
const { component } = await componentize(await readFile('rule.js', 'utf8'), {
  witWorld: await readFile('wit/policy.wit', 'utf8'),
  // A rule may import nothing.
  disableFeatures: ['random', 'stdio', 'clocks', 'http', 'fetch-event'],
});
await mkdir(dirname(target), { recursive: true });
await writeFile(target, component);
