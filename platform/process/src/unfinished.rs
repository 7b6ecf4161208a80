//! Data folders whose restore did not end well.

use std::path::Path;

/// In the data folder from the beginning of a restore until its promises were judged.
pub const UNFINISHED: &str = "unfinished-restore.json";

/// Refuses a data folder whose restore did not end well.
///
/// # Errors
/// What to do about it.
pub fn require_finished(data: &Path) -> Result<(), String> {
    if !data.join(UNFINISHED).exists() {
        return Ok(());
    }
    Err(format!(
        "the restore into {} did not end well, so this may be a part of a fleet, or one whose promises are broken. \
         Remove the folder and restore again. If you know why and want it all the same, remove {UNFINISHED} in it",
        data.display()
    ))
}
