//! What identifies a finding from run to run: names and kinds, never lines.

use rustc_hash::FxHashMap;

use crate::base::finding::Finding;

/// Gives fingerprints to findings. Findings that nothing but their place tells apart are numbered in the order in
/// which they are asked for, which has to be the order of their places.
#[derive(Debug, Default)]
pub struct Fingerprints {
    seen: FxHashMap<String, u32>,
}

impl Fingerprints {
    /// The fingerprint of the next finding, which lies in the file of this path: 16 hexadecimal digits.
    pub fn next(&mut self, finding: &Finding, path: &str) -> String {
        let base = digest(finding, path, 0);
        let twin = self.seen.entry(base.clone()).or_insert(0);
        let number = *twin;
        *twin += 1;
        if number == 0 { base } else { digest(finding, path, number) }
    }
}

/// 16 hexadecimal digits that stand for these texts.
pub(super) fn digest_of(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        // The length before each part keeps `a` + `bc` and `ab` + `c` apart.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let hex = hasher.finalize().to_hex();
    hex.as_str().chars().take(16).collect()
}

fn digest(finding: &Finding, path: &str, twin: u32) -> String {
    let (holder, name) = finding.container.as_ref().map_or(("", ""), |it| (it.holder.as_str(), it.path.as_str()));
    let number = twin.to_string();
    digest_of(&[finding.rule, holder, name, path, &finding.function, &finding.write_kind, &number])
}
