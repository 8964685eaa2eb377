//! What is test code, by its path.

/// Folders that hold test code, at any depth.
const FOLDERS: [&str; 18] = [
    "__tests__",
    "__test__",
    "__mocks__",
    "__fixtures__",
    "__testfixtures__",
    "test",
    "tests",
    "testing",
    "test-utils",
    "test-helpers",
    "testutils",
    "test_utils",
    "spec",
    "specs",
    "e2e",
    "cypress",
    "integration-tests",
    "unit-tests",
];

/// Words between dots of a file name that say that it is a test: `a.test.js`.
const INFIXES: [&str; 9] = ["test", "tests", "spec", "specs", "cy", "e2e", "e2e-spec", "stories", "bench"];

/// Starts of the names of the runners' own files: `jest.setup.js`, `vitest.config.ts`.
const RUNNERS: [&str; 10] = [
    "jest.",
    "vitest.",
    "jest-",
    "vitest-",
    "karma.conf",
    ".mocharc",
    "cypress.config",
    "playwright.config",
    "ava.config",
    "setuptests.",
];

/// Whether the file at `path` (relative, with `/`) is test code.
pub fn is_test_path(path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    folder.split('/').any(is_test_folder) || is_test_file(file)
}

fn is_test_folder(name: &str) -> bool {
    FOLDERS.contains(&name.to_ascii_lowercase().as_str())
}

fn is_test_file(file: &str) -> bool {
    let name = file.to_ascii_lowercase();
    if RUNNERS.iter().any(|start| name.starts_with(start)) {
        return true;
    }
    let mut words: Vec<&str> = name.split('.').collect();
    // The last word is the extension; what is left says what the file is for.
    words.pop();
    let Some((stem, infixes)) = words.split_first() else { return false };
    infixes.iter().any(|word| INFIXES.contains(word))
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || matches!(*stem, "test" | "tests" | "test-utils" | "test-helpers" | "test-setup")
}

#[cfg(test)]
mod tests {
    use super::is_test_path;

    #[test]
    fn paths_that_are_tests() {
        for path in [
            "test/a.js",
            "src/test/a.js",
            "a/__tests__/b.ts",
            "src/a.test.tsx",
            "a.spec.js",
            "a_test.js",
            "x.cy.ts",
            "jest.setup.ts",
            "packages/a/vitest.config.mts",
            "test.js",
            "testing/x.ts",
            "test-utils/x.ts",
            "src/__mocks__/fs.js",
            "spec/a/fixtures/b.js",
            "app.e2e-spec.ts",
            "src/test-utils.ts",
        ] {
            assert!(is_test_path(path), "{path}");
        }
        for path in [
            "src/a.js",
            "src/latest.js",
            "src/contest/a.js",
            "fixtures/a.js",
            "src/attest.test/../x",
            "spec.config/a.js",
        ] {
            assert!(!is_test_path(path), "{path}");
        }
    }
}
