#!/usr/bin/env node
// Starts the program that the package of this platform holds. Nothing is downloaded, and no script runs at installation.
'use strict';

const { spawnSync } = require('node:child_process');
const { version } = require('./package.json');
const platforms = require('./platforms.json');

function libc() {
  if (process.platform !== 'linux') return undefined;
  const { header } = process.report.getReport();
  return header.glibcVersionRuntime ? 'glibc' : 'musl';
}

function fail(...lines) {
  process.stderr.write(`modleak: ${lines.join('\n  ')}\n`);
  process.exit(2);
}

function program() {
  if (process.env.MODLEAK_BINARY) return process.env.MODLEAK_BINARY;
  const own = libc();
  const platform = platforms.find(
    ({ os, cpu, libc }) => os === process.platform && cpu === process.arch && libc === own,
  );
  if (!platform) {
    fail(
      `there is no package for ${[process.platform, process.arch, own].filter(Boolean).join(' ')}`,
      'build it with `cargo install modleak`, and name the program in MODLEAK_BINARY',
    );
  }
  const file = process.platform === 'win32' ? 'modleak.exe' : 'modleak';
  try {
    return require.resolve(`${platform.package}/${file}`);
  } catch {
    return fail(
      `the package ${platform.package} is missing: optional dependencies were left out, or the lock file is another platform's`,
      `add it with \`npm install --save-optional ${platform.package}@${version}\`, or install anew without the lock file`,
    );
  }
}

const path = program();
const { error, status, signal } = spawnSync(path, process.argv.slice(2), { stdio: 'inherit', windowsHide: true });
if (error) fail(`${path} can't be started: ${error.message}`);
if (signal) process.kill(process.pid, signal);
process.exitCode = status ?? 2;
