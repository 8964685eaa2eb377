//! What each stage costs: lowering, resolution, solving, and whole runs, at three sizes.
//!
//! `cargo bench` runs all; `cargo bench -- solving` one stage. The sources are made here, so that a figure means the same
//! on every machine.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use modleak::base::index::IndexVec;
use modleak::base::source::FileId;
use modleak::heap;
use modleak::models::{self, Models};
use modleak::modules::{Loader, Mode, test_only};
use modleak::project::file_system::Memory;
use modleak::project::{self, LoadRequest, Project};
use modleak::rules::models::MODELS;
use modleak::syntax::{self, facts::ModuleFacts};

/// How many features a server has; each is four modules.
const SIZES: [usize; 3] = [10, 100, 1_000];

/// A server: each feature has a route, a service, a store with a cache, and a class, and uses the feature before it.
fn server(features: usize) -> Vec<(String, String)> {
    let mut app = String::from("const express = require('express');\nconst app = express();\n");
    let mut files = vec![("package.json".to_owned(), "{\"name\": \"server\"}".to_owned())];
    for index in 0..features {
        let before = index.checked_sub(1).map_or("null".to_owned(), |it| format!("require('../f{it}/service')"));
        let _ = writeln!(app, "app.use('/f{index}', require('./f{index}/routes'));");
        let parts = [
            ("routes", ROUTES.to_owned()),
            ("service", SERVICE.replace("BEFORE", &before)),
            ("store", STORE.to_owned()),
            ("model", MODEL.to_owned()),
        ];
        files.extend(parts.map(|(name, text)| (format!("f{index}/{name}.js"), text)));
    }
    app.push_str("app.listen(3000);\n");
    files.push(("app.js".to_owned(), app));
    files
}

const ROUTES: &str = "const router = require('express').Router();
const service = require('./service');
router.get('/:id', async (req, res) => { res.json(await service.find(req.params.id)); });
router.post('/', async (req, res) => {
  const { name, tags = [], ...rest } = req.body;
  if (!name) { res.status(400).end(); return; }
  res.json(await service.create({ name, tags: [...tags, 'new'], rest }));
});
module.exports = router;
";

const SERVICE: &str = "const store = require('./store');
const Model = require('./model');
const previous = BEFORE;
async function find(id) { return store.get(id) || (previous && previous.find(id)); }
async function create(data) {
  const model = new Model(data);
  model.on('saved', () => store.touch(model.id));
  store.set(model.id, model);
  for (const tag of data.tags) { store.index(tag, model); }
  return model.toJSON();
}
exports.find = find;
exports.create = create;
";

const STORE: &str = "const entries = new Map();
const byTag = {};
const touched = [];
exports.get = (id) => entries.get(id);
exports.set = (id, value) => { entries.set(id, value); if (entries.size > 1000) { entries.clear(); } };
exports.index = (tag, value) => { (byTag[tag] ??= []).push(value); };
exports.touch = (id) => { touched.push({ id, at: Date.now() }); };
";

const MODEL: &str = "class Base {
  constructor(data) { this.data = data; this.listeners = {}; }
  on(name, listener) { (this.listeners[name] = this.listeners[name] || []).push(listener); return this; }
  emit(name) { (this.listeners[name] || []).forEach((listener) => listener(this)); }
}
module.exports = class Model extends Base {
  get id() { return `${this.data.name}-${this.data.tags.length}`; }
  toJSON() { this.emit('saved'); return { ...this.data, id: this.id }; }
};
";

/// A project whose files are in memory.
struct World {
    project: Project,
    files: Arc<Memory>,
    texts: Vec<(String, String)>,
    models: Models,
}

impl World {
    fn new(features: usize) -> Self {
        let texts = server(features);
        let mut files = Memory::new();
        for (path, text) in &texts {
            files.insert(Path::new("/server").join(path), text.as_str());
        }
        let request = LoadRequest {
            working_directory: "/server".into(),
            root: Some(PathBuf::from("/server")),
            ..LoadRequest::default()
        };
        let project = project::load(&request, &files).expect("the project loads");
        let models = models::parse(MODELS).expect("the models are right");
        Self { project, files: Arc::new(files), texts, models }
    }

    fn bytes(&self) -> u64 {
        self.texts.iter().map(|(_, text)| text.len() as u64).sum()
    }

    fn lower(&self) -> IndexVec<FileId, ModuleFacts> {
        let text = |path: &str| self.texts.iter().find(|(name, _)| name == path).map_or("", |(_, text)| text);
        let mut facts = IndexVec::new();
        for file in &self.project.files {
            let input = syntax::Input { path: &file.path, bytes: text(&file.path).as_bytes() };
            facts.push(syntax::lower(input).facts);
        }
        facts
    }

    fn loader(&self) -> Loader {
        Loader::new(&self.project, self.files.clone())
    }
}

fn lowering(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lowering");
    for features in SIZES {
        let world = World::new(features);
        group.throughput(Throughput::Bytes(world.bytes()));
        group.bench_function(BenchmarkId::from_parameter(features), |bencher| {
            bencher.iter(|| {
                for (path, text) in &world.texts {
                    black_box(syntax::lower(syntax::Input { path, bytes: text.as_bytes() }));
                }
            });
        });
    }
}

fn resolution(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resolution");
    for features in SIZES {
        let world = World::new(features);
        group.bench_function(BenchmarkId::from_parameter(features), |bencher| {
            bencher.iter(|| {
                let loader = world.loader();
                for file in world.project.files.ids() {
                    for specifier in ["./service", "./store", "./model", "express"] {
                        black_box(loader.resolve(file, specifier, Mode::Require));
                    }
                }
            });
        });
    }
}

fn solving(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("solving");
    group.sample_size(10);
    for features in SIZES {
        let world = World::new(features);
        let facts = world.lower();
        group.bench_function(BenchmarkId::from_parameter(features), |bencher| {
            bencher.iter(|| {
                let loader = world.loader();
                let tests = test_only::test_files(&world.project, &facts, &loader);
                let input = heap::Input {
                    project: &world.project,
                    facts: &facts,
                    loader: &loader,
                    models: &world.models,
                    tests: &tests,
                    code: heap::Code::Reached,
                };
                black_box(heap::solve(input, world.bytes()).node_count())
            });
        });
    }
}

fn whole_runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("whole runs");
    group.sample_size(10);
    for features in SIZES {
        let folder = tempfile::tempdir().expect("there is room");
        for (path, text) in server(features) {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("there is room");
            std::fs::write(path, text).expect("there is room");
        }
        for (name, options) in [("cold", ["--no-cache"].as_slice()), ("warm", &["--cache-dir", "cache"])] {
            group.bench_function(BenchmarkId::new(name, features), |bencher| {
                bencher.iter(|| {
                    std::process::Command::new(env!("CARGO_BIN_EXE_modleak"))
                        .args(["check", "--format", "json", "."])
                        .args(options)
                        .current_dir(folder.path())
                        .output()
                        .expect("the program starts")
                });
            });
        }
    }
}

criterion_group!(stages, lowering, resolution, solving, whole_runs);
criterion_main!(stages);
