//! What libraries do, one file for each library, platform or family; README.md describes the format.

/// The model files: name and text.
pub static MODELS: &[(&str, &str)] = &[
    ("caches.jsonc", include_str!("caches.jsonc")),
    ("compilers.jsonc", include_str!("compilers.jsonc")),
    ("data.jsonc", include_str!("data.jsonc")),
    ("express.jsonc", include_str!("express.jsonc")),
    ("fastify.jsonc", include_str!("fastify.jsonc")),
    ("globals.jsonc", include_str!("globals.jsonc")),
    ("koa.jsonc", include_str!("koa.jsonc")),
    ("loaders.jsonc", include_str!("loaders.jsonc")),
    ("lodash.jsonc", include_str!("lodash.jsonc")),
    ("middleware.jsonc", include_str!("middleware.jsonc")),
    ("nest.jsonc", include_str!("nest.jsonc")),
    ("next.jsonc", include_str!("next.jsonc")),
    ("node.jsonc", include_str!("node.jsonc")),
    ("queues.jsonc", include_str!("queues.jsonc")),
    ("serverless.jsonc", include_str!("serverless.jsonc")),
    ("shapes.jsonc", include_str!("shapes.jsonc")),
    ("sockets.jsonc", include_str!("sockets.jsonc")),
    ("testing.jsonc", include_str!("testing.jsonc")),
    ("tools.jsonc", include_str!("tools.jsonc")),
    ("ui.jsonc", include_str!("ui.jsonc")),
    ("web.jsonc", include_str!("web.jsonc")),
];
