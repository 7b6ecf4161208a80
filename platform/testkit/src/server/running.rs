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

/// The children of a process and theirs; none where this cannot be seen.
pub(super) fn descendants(ancestor: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parents: Vec<(u32, u32)> =
        processes.filter_map(|process| Some((process, look(process)?.1))).collect();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, its)| *its == parent).map(|(process, _)| process));
        next += 1;
    }
    found.split_off(1)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_seen_until_it_has_ended() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert!(descendants(std::process::id()).contains(&child.id()) && !has_ended(child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!descendants(std::process::id()).contains(&child.id()) && has_ended(child.id()));
    }

    #[test]
    fn a_child_of_a_child_is_seen() {
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", "sleep 60 & echo $!; wait"]).stdout(std::process::Stdio::piped());
        let mut child = shell.spawn().unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
        let grandchild: u32 = line.trim().parse().unwrap();
        assert_eq!(descendants(child.id()), [grandchild]);
        for process in [grandchild, child.id()] {
            std::process::Command::new("kill").arg(process.to_string()).status().unwrap();
        }
        child.wait().unwrap();
    }
}
