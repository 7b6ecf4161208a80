//! What the processes say, line by line, each line with the name of its process before it.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Colours that can be told apart on light and dark terminals.
const COLOURS: [u8; 6] = [36, 33, 32, 35, 34, 31];

/// The longest line that is kept whole, in bytes; what follows is a line of its own.
const MAX_LINE: usize = 64 * 1024;

/// Where lines go, and how wide names are.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    width: usize,
    is_coloured: bool,
}

impl Output {
    pub(crate) fn new(labels: &[String]) -> Arc<Self> {
        let width = labels.iter().map(String::len).max().unwrap_or_default();
        let is_coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Arc::new(Self { width, is_coloured })
    }

    /// Writes one line of `label`; standard error, as a fleet's log in one process.
    pub(crate) fn line(&self, label: &str, text: &str) {
        let name = format!("{label:width$}", width = self.width);
        let mark = if self.is_coloured {
            let sum: usize = label.bytes().map(usize::from).sum();
            let colour = COLOURS.get(sum % COLOURS.len()).copied().unwrap_or(36);
            format!("\u{1b}[{colour}m{name} |\u{1b}[0m")
        } else {
            format!("{name} |")
        };
        // Whoever closed the output does not want to hear of it.
        writeln!(std::io::stderr().lock(), "{mark} {text}").unwrap_or_default();
    }

    /// Passes lines on until the process closes them; the name that a process writes itself is left out.
    pub(crate) async fn follow(&self, label: &str, from: impl AsyncRead + Unpin) {
        let own = label.split_once('-').map_or(label, |(service, _)| service).to_owned() + ": ";
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = read_line(&mut reader, &mut line).await;
            if !matches!(read, Ok(count) if count > 0) {
                return;
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end();
            self.line(label, line.strip_prefix(&own).unwrap_or(line));
        }
    }
}

/// Reads up to the end of a line, or as much of it as is kept whole.
async fn read_line<R: AsyncRead + Unpin>(
    reader: &mut BufReader<R>,
    line: &mut Vec<u8>,
) -> std::io::Result<usize> {
    loop {
        let available = reader.fill_buf().await?;
        if available.is_empty() {
            return Ok(line.len());
        }
        let room = MAX_LINE.saturating_sub(line.len());
        let part = available.get(..room).unwrap_or(available);
        let end = part.iter().position(|&byte| byte == b'\n');
        let taken = end.map_or(part.len(), |end| end + 1);
        line.extend_from_slice(part.get(..taken).unwrap_or(part));
        reader.consume(taken);
        if end.is_some() || line.len() >= MAX_LINE {
            return Ok(line.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_without_an_end_is_cut_and_loses_nothing() {
        let text = vec![b'x'; MAX_LINE + 10];
        let mut reader = BufReader::new(text.as_slice());
        let mut lengths = Vec::new();
        loop {
            let mut line = Vec::new();
            match read_line(&mut reader, &mut line).await.unwrap() {
                0 => break,
                length => lengths.push(length),
            }
        }
        assert_eq!(lengths, [MAX_LINE, 10]);
    }
}
