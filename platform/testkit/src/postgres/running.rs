//! Which processes run, where `/proc` tells.

/// State and parent of a process that is still known.
fn look(process: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in parentheses and may hold anything.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Whether a process has ended, as far as can be seen: one that nobody has waited for yet counts.
pub(super) fn has_ended(process: u32) -> bool {
    let is_told = std::path::Path::new("/proc/self/stat").exists();
    is_told && look(process).is_none_or(|(state, _)| matches!(state, 'Z' | 'X'))
}

/// The children of a process; none where this cannot be seen.
pub(super) fn children(parent: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.filter(|process| look(*process).is_some_and(|(_, its)| its == parent)).collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_seen_until_it_has_ended() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert!(children(std::process::id()).contains(&child.id()) && !has_ended(child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!children(std::process::id()).contains(&child.id()) && has_ended(child.id()));
    }
}
