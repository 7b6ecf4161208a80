//! A file in pieces that an import takes: whole rows, and not too many.

use std::io::BufRead;

use tradewind_catalogue_contract::BulkFormat;

/// The most rows of a piece: it is taken in one transaction.
const MAX_ROWS: u64 = 200;

/// The most bytes of a piece. Written as JSON it grows, and still fits what a door takes.
const MAX_BYTES: usize = 256 * 1024;

/// The most bytes of a row.
const MAX_ROW: usize = 128 * 1024;

/// Some rows of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// How many rows come before.
    pub(super) after: u64,
    /// The number of the line that the first row is on.
    pub(super) line: u64,
    /// How many rows.
    pub(super) count: u64,
    pub(super) rows: String,
}

/// The pieces of a file.
pub(super) struct Pieces<R> {
    from: R,
    format: BulkFormat,
    heading: Option<String>,
    line: u64,
    after: u64,
    /// A row that did not fit the piece before, and the number of its line.
    left: Option<(u64, String)>,
    has_failed: bool,
}

impl<R: BufRead> Pieces<R> {
    pub(super) fn new(from: R, format: BulkFormat) -> Self {
        Self { from, format, heading: None, line: 1, after: 0, left: None, has_failed: false }
    }

    /// The next row with its end, and the number of its line; blank lines are passed over.
    fn row(&mut self) -> Result<Option<(u64, String)>, String> {
        if let Some(left) = self.left.take() {
            return Ok(Some(left));
        }
        loop {
            let first = self.line;
            let row = self.whole_row()?;
            if row.is_empty() {
                return Ok(None);
            }
            if !row.trim().is_empty() {
                return Ok(Some((first, row)));
            }
        }
    }

    /// Lines up to the end of a row: within quotation marks a line does not end it.
    fn whole_row(&mut self) -> Result<String, String> {
        let mut row = String::new();
        loop {
            let read =
                self.from.read_line(&mut row).map_err(|error| format!("line {}: {error}", self.line))?;
            self.line += u64::from(read > 0);
            if row.len() > MAX_ROW {
                return Err(format!("line {}: a row is longer than {MAX_ROW} bytes", self.line - 1));
            }
            let is_open = self.format == BulkFormat::Csv && row.matches('"').count() % 2 == 1;
            if read == 0 || !is_open {
                return Ok(row);
            }
        }
    }

    fn piece(&mut self) -> Result<Option<Piece>, String> {
        if self.format == BulkFormat::Csv && self.heading.is_none() {
            let heading = self.row()?.map(|(_, row)| row.trim_start_matches('\u{feff}').to_owned());
            self.heading = Some(heading.ok_or("there is no line that names the columns")?);
        }
        let Some((line, first)) = self.row()? else { return Ok(None) };
        let mut rows = self.heading.clone().unwrap_or_default();
        rows.push_str(&first);
        let (after, mut count) = (self.after, 1);
        while count < MAX_ROWS {
            // Lines are counted from the first row: behind a blank one a new piece begins.
            let expected = self.line;
            let Some((at, row)) = self.row()? else { break };
            if rows.len() + row.len() > MAX_BYTES || at != expected {
                self.left = Some((at, row));
                break;
            }
            rows.push_str(&row);
            count += 1;
        }
        self.after += count;
        Ok(Some(Piece { after, line, count, rows }))
    }
}

impl<R: BufRead> Iterator for Pieces<R> {
    type Item = Result<Piece, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let piece = self.piece();
        self.has_failed = piece.is_err();
        piece.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, format: BulkFormat) -> Vec<Piece> {
        Pieces::new(text.as_bytes(), format).map(Result::unwrap).collect()
    }

    #[test]
    fn a_row_may_have_several_lines() {
        let found = pieces("\u{feff}id,name\n1,\"two\nlines\"\n\n2,b", BulkFormat::Csv);
        assert_eq!(found.len(), 2, "behind the blank line another one begins");
        assert_eq!((found[0].line, found[0].count, found[0].after), (2, 1, 0));
        assert_eq!(found[0].rows, "id,name\n1,\"two\nlines\"\n");
        assert_eq!((found[1].line, found[1].after), (5, 1));
        assert_eq!(found[1].rows, "id,name\n2,b");
    }

    #[test]
    fn pieces_are_bounded_and_nothing_is_lost() {
        let text: String = (0..1_000).map(|number| format!("{{\"id\":\"{number}\"}}\n")).collect();
        let found = pieces(&text, BulkFormat::Ndjson);
        assert_eq!(found.iter().map(|piece| piece.count).collect::<Vec<_>>(), [200; 5]);
        assert_eq!(found.iter().map(|piece| piece.after).collect::<Vec<_>>(), [0, 200, 400, 600, 800]);
        assert_eq!(found.iter().map(|piece| piece.rows.as_str()).collect::<String>(), text);
        let long = format!("{{\"id\":\"{}\"}}\n", "x".repeat(MAX_BYTES / 3));
        assert!(
            pieces(&long.repeat(9), BulkFormat::Ndjson).iter().all(|piece| piece.rows.len() <= MAX_BYTES)
        );
        let endless = "x".repeat(MAX_ROW + 1);
        assert!(Pieces::new(endless.as_bytes(), BulkFormat::Ndjson).any(|piece| piece.is_err()));
    }
}
