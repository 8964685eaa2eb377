// Writes the folders of the npm packages: `node npm/pack.mjs OUT` the main one, `node npm/pack.mjs OUT TARGET BINARY` the
// one of a platform. Versions are Cargo.toml's. All packages are made here, from one list of platforms.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const here = import.meta.dirname;
const cargo = readFileSync(join(here, '..', 'Cargo.toml'), 'utf8');
const field = (name) => new RegExp(`^${name} = "(.*)"$`, 'm').exec(cargo)[1];
const platforms = JSON.parse(readFileSync(join(here, 'platforms.json'), 'utf8'));
const version = field('version');

const shared = {
  version,
  description: field('description'),
  license: `(${field('license')})`,
  repository: { type: 'git', url: `git+${field('repository')}.git` },
};

function write(folder, manifest) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(here, '..', 'README.md'), join(folder, 'README.md'));
}

function writeMain(out) {
  const folder = join(out, 'modleak');
  const dependencies = platforms.map((platform) => [platform.package, version]);
  write(folder, {
    name: 'modleak',
    ...shared,
    keywords: ['memory-leak', 'static-analysis', 'lint'],
    bin: { modleak: 'modleak.js' },
    files: ['modleak.js', 'platforms.json'],
    engines: { node: '>=18' },
    optionalDependencies: Object.fromEntries(dependencies),
  });
  for (const file of ['modleak.js', 'platforms.json']) copyFileSync(join(here, file), join(folder, file));
  return folder;
}

function writePlatform(out, target, binary) {
  const platform = platforms.find((each) => each.target === target);
  if (!platform) throw new Error(`${target} is not in platforms.json`);
  const folder = join(out, platform.package.replace('/', '-').slice(1));
  const file = platform.os === 'win32' ? 'modleak.exe' : 'modleak';
  write(folder, {
    name: platform.package,
    ...shared,
    os: [platform.os],
    cpu: [platform.cpu],
    ...(platform.libc && { libc: [platform.libc] }),
    files: [file],
    preferUnplugged: true,
  });
  copyFileSync(binary, join(folder, file));
  chmodSync(join(folder, file), 0o755);
  return folder;
}

const [out, target, binary] = process.argv.slice(2);
if (!out || Boolean(target) !== Boolean(binary)) {
  console.error(`usage: ${basename(process.argv[1])} OUT [TARGET BINARY]`);
  process.exit(2);
}
console.log(target ? writePlatform(out, target, binary) : writeMain(out));
