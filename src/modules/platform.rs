//! The platform's own modules, by name.

use std::borrow::Cow;

/// Modules that can be loaded without a prefix.
const BUILTINS: [&str; 59] = [
    "assert",
    "assert/strict",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "dns/promises",
    "domain",
    "events",
    "fs",
    "fs/promises",
    "http",
    "http2",
    "https",
    "inspector",
    "inspector/promises",
    "module",
    "net",
    "os",
    "path",
    "path/posix",
    "path/win32",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "readline/promises",
    "repl",
    "stream",
    "stream/consumers",
    "stream/promises",
    "stream/web",
    "string_decoder",
    "sys",
    "timers",
    "timers/promises",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "util/types",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
    "_http_agent",
    "_http_client",
    "_http_server",
    "_stream_readable",
    "_stream_writable",
];

/// The name of the platform's module that a specifier means, without `node:`.
pub fn builtin(specifier: &str) -> Option<&str> {
    if let Some(name) = specifier.strip_prefix("node:") {
        return Some(name);
    }
    BUILTINS.contains(&specifier).then_some(specifier)
}

/// A package's specifier without the registry and the version that Deno writes: `npm:express@4/lib/x` is `express/lib/x`.
pub(super) fn without_registry(specifier: &str) -> Cow<'_, str> {
    let Some(named) = ["npm:", "jsr:"].iter().find_map(|registry| specifier.strip_prefix(registry)) else {
        return Cow::Borrowed(specifier);
    };
    let named = named.trim_start_matches('/');
    let Some(at) = named.match_indices('@').map(|(at, _)| at).find(|&at| at > 0) else { return Cow::Borrowed(named) };
    let subpath = named[at..].find('/').map_or("", |slash| &named[at + slash..]);
    Cow::Owned(format!("{}{subpath}", &named[..at]))
}
