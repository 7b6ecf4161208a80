//! Tokens in files, which are replaced while the program runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;

use crate::ClusterError;

/// How old a token may become before the file is read again. One that the kubelet renews is good for minutes more.
const FRESH: Duration = Duration::from_secs(60);

/// A token of a file, read again when it is old or was refused.
pub(crate) struct TokenFile {
    path: PathBuf,
    known: Mutex<Known>,
}

struct Known {
    header: HeaderValue,
    /// When the file is read again.
    due: Duration,
}

impl TokenFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ClusterError::Configuration`] when it cannot be read, or holds no token.
    pub(crate) fn open(path: &Path, now: Duration) -> Result<Self, ClusterError> {
        let known = Known { header: read(path)?, due: now + FRESH };
        Ok(Self { path: path.to_owned(), known: Mutex::new(known) })
    }

    /// What requests say. A file that cannot be read any more leaves the token as it was.
    pub(crate) fn header(&self, now: Duration) -> HeaderValue {
        let mut known = self.known();
        if now >= known.due {
            known.due = now + FRESH;
            if let Ok(header) = read(&self.path) {
                known.header = header;
            }
        }
        known.header.clone()
    }

    /// The token was refused: the next request has that of the file as it is then.
    pub(crate) fn refused(&self) {
        self.known().due = Duration::ZERO;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Whoever wrote the file by hand left a line break at its end.
fn read(path: &Path) -> Result<HeaderValue, ClusterError> {
    let wrong = |why: String| ClusterError::Configuration(format!("the token in {}: {why}", path.display()));
    let token = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    if token.trim().is_empty() {
        return Err(wrong("the file is empty".to_owned()));
    }
    let header = HeaderValue::try_from(format!("Bearer {}", token.trim()));
    let mut header = header.map_err(|_| wrong("it holds more than a token".to_owned()))?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use tradewind_testkit::{Folder, write_private};

    use super::*;

    #[test]
    fn a_file_is_read_again_when_its_token_is_old_or_refused() {
        let folder = Folder::new("token");
        let path = write_private(folder.path(), "token", "one\n");
        let at = Duration::from_secs;
        let token = TokenFile::open(&path, at(100)).unwrap();
        write_private(folder.path(), "token", "two");
        assert_eq!(token.header(at(159)), "Bearer one");
        assert_eq!(token.header(at(160)), "Bearer two");
        write_private(folder.path(), "token", "three");
        assert_eq!(token.header(at(161)), "Bearer two");
        token.refused();
        assert_eq!(token.header(at(161)), "Bearer three");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(token.header(at(1_000)), "Bearer three", "what is known stays");
        assert!(!format!("{token:?} {:?}", token.header(at(1_000))).contains("three"));
    }

    #[test]
    fn a_file_without_a_token_is_refused() {
        let folder = Folder::new("token");
        for text in ["", "\n", "a\nb"] {
            let path = write_private(folder.path(), "token", text);
            let refused = TokenFile::open(&path, Duration::ZERO).unwrap_err().to_string();
            assert!(refused.contains("the token in ") && refused.contains("token: "), "{refused}");
        }
    }
}
