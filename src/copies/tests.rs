use super::*;
use crate::syntax::{self, Input};

/// What a test does in all pairs of this page, unless they say otherwise.
const TEST: &str = "
const { validators } = require('../src/validate');

const prepare = (file) => {
  const all = validators();
  all.forEach((validator) => {
    if (!validator.kinds) {
      validator.kinds = [];
    }
    validator.kinds.push('.pdf');
  });
  return all.every((validator) => validator.check(file));
};

test('accepts a named file', () => {
  expect(prepare({ name: 'a.pdf', owner: 'me' })).toBe(true);
});
";

const WRITE: &str = "validator.kinds.push('.pdf')";

fn lowered(text: &str) -> ModuleFacts {
    let lowered = syntax::lower(Input { path: "a.js", bytes: text.as_bytes() });
    assert!(lowered.problems.is_empty(), "{:?}", lowered.problems);
    lowered.facts
}

fn range_of(text: &str, needle: &str) -> ByteRange {
    let start = text.find(needle).expect("the needle is in the text");
    ByteRange::new(u32::try_from(start).unwrap(), u32::try_from(start + needle.len()).unwrap())
}

fn copies_of(production: &str, test: &str, writes: &[&str]) -> Vec<Copy> {
    let facts = IndexVec::from_raw(vec![lowered(production), lowered(test)]);
    let tests = IndexVec::from_raw(vec![false, true]);
    let wanted: Vec<_> = writes.iter().map(|write| (FileId(1), range_of(test, write))).collect();
    find(&facts, &tests, &wanted)
}

fn text_at(text: &str, span: Span) -> &str {
    &text[span.range.start as usize..span.range.end as usize]
}

/// The one copy's text begins and ends so.
#[track_caller]
fn assert_copy(production: &str, test: &str, write: &str, begin: &str, end: &str) -> Copy {
    let found = copies_of(production, test, &[write]);
    assert_eq!(found.len(), 1, "{found:?}");
    let copied = text_at(production, found[0].production);
    assert!(copied.starts_with(begin), "begins otherwise: {copied}");
    assert!(copied.ends_with(end), "ends otherwise: {copied}");
    found[0]
}

#[track_caller]
fn assert_no_copy(production: &str, test: &str, write: &str) {
    let found = copies_of(production, test, &[write]);
    assert!(found.is_empty(), "{found:?}: {}", text_at(production, found[0].production));
}

const COPY: &str = "
const express = require('express');
const { validators } = require('./validate');
const app = express();

const collectKinds = (document) => {
  const list = validators();
  list.forEach((entry) => {
    if (!entry.kinds) {
      entry.kinds = [];
    }
    entry.kinds.push('.docx');
  });
  return list.every((entry) => entry.check(document));
};

app.put('/documents', (req, res) => {
  res.json({ valid: collectKinds(req.body) });
});
module.exports = app;
";

#[test]
fn renamed_variables_and_changed_literals() {
    let copy = assert_copy(COPY, TEST, WRITE, "const list", "entry.check(document));");
    assert_eq!(copy.score, 100);
    assert!(text_at(TEST, copy.test).starts_with("const all"));
    let facts = [lowered(COPY), lowered(TEST)];
    let name = |facts: &ModuleFacts, id: FunctionId| facts.functions[id].name.map(|name| facts.name(name).to_owned());
    assert_eq!(name(&facts[0], copy.production_function).as_deref(), Some("collectKinds"));
    assert_eq!(name(&facts[1], copy.test_function).as_deref(), Some("prepare"));
}

#[test]
fn two_writes_of_a_test_give_one_copy() {
    let found = copies_of(COPY, TEST, &[WRITE, "validator.kinds = []"]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_renamed_property() {
    let production = COPY.replace("kinds", "formats");
    assert_copy(&production, TEST, WRITE, "const list", "entry.check(document));");
}

#[test]
fn function_expressions_instead_of_arrows() {
    let production = "
      module.exports = function collect(doc) {
        var list = load();
        list.forEach(function (entry) {
          if (!entry.kinds) entry.kinds = [];
          entry.kinds.push('.docx');
        });
        return list.every(function (entry) { return entry.check(doc); });
      };";
    assert_copy(production, TEST, WRITE, "var list", "; });");
}

#[test]
fn inserted_statements() {
    let production = "
      app.post('/', async (req, res) => {
        const started = Date.now();
        const list = await load();
        logger.info({ count: list.length }, 'validating');
        const used = await validators();
        used.forEach((entry) => {
          logger.debug('entry', entry.name);
          if (!entry.kinds) {
            logger.debug('no kinds yet');
            entry.kinds = [];
          }
          entry.kinds.push('.docx');
          metrics.count('kinds');
        });
        const valid = used.every((entry) => entry.check(req.body));
        res.json({ valid, took: Date.now() - started });
      });";
    let copy = assert_copy(production, TEST, WRITE, "const used", "});");
    assert!(copy.score >= 80, "{copy:?}");
}

#[test]
fn a_dropped_statement() {
    let production = "
      function collect(doc) {
        const list = validators();
        list.forEach((entry) => {
          entry.kinds.push('.docx');
        });
        return list.every((entry) => entry.check(doc));
      }";
    assert_copy(production, TEST, WRITE, "const list", "entry.check(doc));");
}

#[test]
fn reordered_statements() {
    let test = "
      it('uses defaults', () => {
        settings.limits.upload = 10;
        settings.format = { locale: 'de', zone: 'UTC' };
        settings.plugins.push(createPlugin('a'));
        delete settings.cache[key];
        expect(run()).toBe(1);
      });";
    let production = "
      router.get('/', (req, res) => {
        config.format = { locale: 'en', zone: 'CET' };
        config.limits.upload = 20;
        delete config.cache[id];
        config.plugins.push(createPlugin('b'));
        res.end();
      });";
    let copy = assert_copy(production, test, "settings.plugins.push(createPlugin('a'))", "config.", "('b'));");
    assert_eq!(copy.score, 100);
}

#[test]
fn a_loop_instead_of_a_callback() {
    let test = "
      const { all } = require('../src/all');
      describe('kinds', () => {
        beforeEach(() => { reset(); });
        test('x', async () => {
          const found = await all();
          for (const validator of found) {
            validator.kinds = validator.kinds || [];
            validator.kinds.push('.pdf');
            validator.count += 1;
          }
          expect(found.length).toBe(3);
          expect(found[0].kinds).toEqual(['.pdf']);
        });
      });";
    let loop_again = "
      exports.handler = async (event) => {
        const list = await all();
        for (const entry of list) {
          entry.kinds = entry.kinds || [];
          entry.kinds.push(event.kind);
          entry.count += 1;
        }
        return list.map((entry) => entry.name);
      };";
    assert_copy(&loop_again.replace("event.kind", "'.docx'"), test, "validator.kinds.push('.pdf')", "const list", "}");
    let callback = "
      exports.handler = async (event) => {
        const list = await all();
        list.forEach((entry) => {
          entry.kinds = entry.kinds || [];
          entry.kinds.push('.docx');
          entry.count += 1;
        });
      };";
    assert_copy(callback, test, "validator.kinds.push('.pdf')", "", "");
}

#[test]
fn one_heavy_statement() {
    let test = "
      beforeAll(() => {
        Object.assign(validators.name, { kinds: ['.pdf', '.txt', '.rtf'], limits: { size: 10, count: 3 }, check: () => true });
      });";
    let production = "
      app.post('/', (req, res) => {
        Object.assign(checks.name, { kinds: ['.doc', '.odt', '.ods'], limits: { size: 99, count: 1 }, check: () => false });
        res.end();
      });";
    let write = "Object.assign(validators.name, {";
    assert_copy(production, test, write, "Object.assign(checks.name", "false });");
}

#[test]
fn a_typed_copy() {
    let production = "
      const collect = async (doc) => {
        const list = await validators();
        list.forEach((entry) => {
          if (!entry.kinds) { entry.kinds = []; }
          entry.kinds.push('.docx');
        });
        return list.every((entry) => entry.check(doc));
      };";
    let test = TEST
        .replace("validator.kinds = []", "(validator as any).kinds = [] as string[]")
        .replace("(validator)", "(validator: Validator)");
    let lower = |path, text: &str| syntax::lower(Input { path, bytes: text.as_bytes() }).facts;
    let facts = IndexVec::from_raw(vec![lower("a.js", production), lower("a.test.ts", &test)]);
    let found = find(&facts, &IndexVec::from_raw(vec![false, true]), &[(FileId(1), range_of(&test, WRITE))]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].score, 100);
}

#[test]
fn a_files_imports_are_no_copy() {
    let test = "
      const request = require('supertest');
      const path = require('path');
      const { load } = require('../src/load');
      const app = require('../src/app')();
      app.locals.title = 'test';
      const agent = request(app);
      describe('x', () => {});";
    let production = "
      const express = require('express');
      const fs = require('fs');
      const { routes } = require('./routes');
      const app = require('./base')();
      app.settings.port = 'PORT';
      const server = listen(app);
      module.exports = server;";
    assert_no_copy(production, test, "app.locals.title = 'test'");
}

#[test]
fn a_copy_begins_with_a_whole_statement() {
    let production = "
      function collect(doc, entries) {
        const first = entries.one().find((entry) => entry.check(doc));
        const list = validators();
        list.forEach((entry) => {
          if (!entry.kinds) { entry.kinds = []; }
          entry.kinds.push('.docx');
        });
      }";
    let test = TEST.replace("const all", "const one = entries.find((entry) => entry.check(file));\n  const all");
    assert_copy(production, &test, WRITE, "const list", "});");
}

#[test]
fn short_callbacks_are_no_copies() {
    let production = "
      const list = load();
      list.forEach((entry) => {
        entry.tags.push('.docx');
      });";
    let test = "
      test('a', () => {
        const all = validators();
        all.forEach((validator) => {
          validator.kinds.push('.pdf');
        });
      });";
    assert_no_copy(production, test, WRITE);
}

#[test]
fn the_same_structure_about_other_things_is_no_copy() {
    let test = "
      test('a', () => {
        const config = getConfig();
        config.timeout = 5;
        config.retries = 3;
        const client = createClient(config);
        expect(client.ready).toBe(true);
      });";
    let production = "
      function open(path) {
        const options = defaults();
        options.mode = 420;
        options.encoding = 'utf8';
        const file = createFile(options);
        return file;
      }";
    assert_no_copy(production, test, "config.timeout = 5");
}

#[test]
fn repeated_assignments_are_no_copies() {
    let test = "beforeEach(() => { c.a = 1; c.b = 'x'; c.d = 2; c.e = 3; c.f = 4; });";
    let production = "function make() { const o = {}; o.a = 3; o.b = 'y'; o.d = 5; o.e = 1; o.f = 2; return o; }";
    assert_no_copy(production, test, "c.b = 'x'");
}

#[test]
fn the_surroundings_of_the_write_without_it_are_no_copy() {
    let production = COPY.replace("entry.kinds.push('.docx');", "entry.open(document, entry.kinds);");
    assert_no_copy(&production, TEST, WRITE);
}

#[test]
fn other_code_of_the_same_kind_is_no_copy() {
    let production = "
      class Store {
        constructor() { this.items = new Map(); }
        add(key, value) {
          if (!this.items.has(key)) {
            this.items.set(key, []);
          }
          this.items.get(key).push(value);
          this.emit('added', key);
          return this.items.size;
        }
        names(filter) {
          const names = Array.from(this.items.keys());
          names.sort();
          names.forEach((name) => {
            if (!name.length) return;
            this.seen.push(name);
          });
          return names.filter((name) => filter.test(name));
        }
      }";
    assert_no_copy(production, TEST, WRITE);
}

#[test]
fn test_code_is_no_copy_of_itself() {
    let facts = IndexVec::from_raw(vec![lowered(TEST), lowered(TEST)]);
    let tests = IndexVec::from_raw(vec![true, true]);
    assert!(find(&facts, &tests, &[(FileId(1), range_of(TEST, WRITE))]).is_empty());
}

#[test]
fn a_write_that_is_nowhere_is_none() {
    let facts = IndexVec::from_raw(vec![lowered(COPY), lowered("")]);
    let tests = IndexVec::from_raw(vec![false, true]);
    let wanted = [(FileId(1), ByteRange::new(7, 9)), (FileId(9), ByteRange::new(0, 1))];
    assert!(find(&facts, &tests, &wanted).is_empty());
}
