//! Clients that keep a server busy with frames which cost them nothing.
//!
//! Each frame of these kinds makes a server work or answer, and none of them carries anything that a client needs often.
//! So they are counted as they come in, before anything is done for them, and a connection that sends more than anybody
//! has a use for is closed. RFC 9113 §10.5 calls for it; CVE-2019-9511 to 9518, CVE-2023-44487 and CVE-2024-27983 are
//! what happened without it.

use std::time::Duration;

use crate::timer::Moment;

/// The length of a frame's head in bytes (RFC 9113 §4.1).
const HEAD: usize = 9;

/// What the client sends before its first frame.
const PREFACE: usize = 24;

/// How long frames are counted together.
const WINDOW: Duration = Duration::from_secs(10);

/// How long resets are counted together beside that.
const MINUTE: Duration = Duration::from_secs(60);

/// Frames of one kind within the window, but for those below.
const MOST: u32 = 1_000;

/// Resets of streams within the window, beside one for every second request: a client may lose interest often.
const RESETS: u32 = 200;

/// Frames that go on with a head (§6.10). A head of usual size needs none.
const CONTINUATIONS: u32 = 16;

/// A frame as its head describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Data,
    Headers,
    Priority,
    Reset,
    Settings,
    Ping,
    WindowUpdate,
    Continuation,
    Other,
}

/// Counts the frames of one connection.
#[derive(Debug)]
pub(crate) struct Frames {
    /// Bytes of the preface that have not come yet.
    preface: usize,
    head: [u8; HEAD],
    /// How much of the head has come.
    length: usize,
    /// Bytes of the frame's payload that have not come yet.
    left: usize,
    since: Moment,
    requests: u32,
    resets: u32,
    /// Resets within a minute, since when, and how many there may be.
    of_minute: (u32, Moment, u32),
    empty: u32,
    control: u32,
    updates: u32,
    other: u32,
    continuations: u32,
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flood;

impl Frames {
    /// `resets` is how many streams the client may reset within a minute.
    pub(crate) fn new(now: Moment, resets: u32) -> Self {
        Self {
            preface: PREFACE,
            head: [0; HEAD],
            length: 0,
            left: 0,
            since: now,
            requests: 0,
            resets: 0,
            of_minute: (0, now, resets),
            empty: 0,
            control: 0,
            updates: 0,
            other: 0,
            continuations: 0,
        }
    }

    /// Looks at what has come.
    pub(crate) fn look(&mut self, mut bytes: &[u8], now: Moment) -> Result<(), Flood> {
        let preface = self.preface.min(bytes.len());
        self.preface -= preface;
        bytes = bytes.get(preface..).unwrap_or_default();
        while !bytes.is_empty() {
            let payload = self.left.min(bytes.len());
            self.left -= payload;
            bytes = bytes.get(payload..).unwrap_or_default();
            let missing = (HEAD - self.length).min(bytes.len());
            if missing == 0 {
                continue;
            }
            let (part, rest) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
            if let Some(place) = self.head.get_mut(self.length..self.length + missing) {
                place.copy_from_slice(part);
            }
            self.length += missing;
            bytes = rest;
            if self.length == HEAD {
                self.frame(now)?;
            }
        }
        Ok(())
    }

    /// Counts the frame whose head is there.
    fn frame(&mut self, now: Moment) -> Result<(), Flood> {
        let [high, middle, low, kind, flags, ..] = self.head;
        self.left = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.length = 0;
        if now.saturating_duration_since(self.since) > WINDOW {
            self.since = now;
            (self.requests, self.resets, self.empty) = (0, 0, 0);
            (self.control, self.updates, self.other) = (0, 0, 0);
        }
        let kind = kind_of(kind);
        if kind == Kind::Reset {
            self.reset(now)?;
        }
        self.count(kind, flags)
    }

    fn reset(&mut self, now: Moment) -> Result<(), Flood> {
        let (count, since, most) = &mut self.of_minute;
        if now.saturating_duration_since(*since) > MINUTE {
            (*count, *since) = (0, now);
        }
        *count += 1;
        if *count > *most { Err(Flood) } else { Ok(()) }
    }

    fn count(&mut self, kind: Kind, flags: u8) -> Result<(), Flood> {
        const END_STREAM: u8 = 1;
        let (count, most) = match kind {
            Kind::Headers => {
                self.continuations = 0;
                self.requests += 1;
                return Ok(());
            }
            // Data without data, which does not even end anything.
            Kind::Data if self.left == 0 && flags & END_STREAM == 0 => (&mut self.empty, MOST / 10),
            Kind::Data => return Ok(()),
            Kind::Reset => (&mut self.resets, RESETS + self.requests / 2),
            Kind::Settings | Kind::Ping | Kind::Priority => (&mut self.control, MOST),
            // Who reads much updates much; 2 for each frame of data that was sent is more than anybody needs.
            Kind::WindowUpdate => (&mut self.updates, 20 * MOST),
            Kind::Continuation => (&mut self.continuations, CONTINUATIONS),
            Kind::Other => (&mut self.other, MOST),
        };
        *count += 1;
        if *count > most { Err(Flood) } else { Ok(()) }
    }
}

fn kind_of(kind: u8) -> Kind {
    match kind {
        0 => Kind::Data,
        1 => Kind::Headers,
        2 => Kind::Priority,
        3 => Kind::Reset,
        4 => Kind::Settings,
        6 => Kind::Ping,
        8 => Kind::WindowUpdate,
        9 => Kind::Continuation,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::now;

    fn frame(kind: u8, flags: u8, length: usize) -> Vec<u8> {
        let size = (length as u32).to_be_bytes();
        let mut frame = vec![size[1], size[2], size[3], kind, flags, 0, 0, 0, 1];
        frame.resize(HEAD + length, 0);
        frame
    }

    /// How many frames of a kind a connection takes, however they are cut.
    fn taken(kind: u8, length: usize, step: usize) -> usize {
        let mut frames = Frames::new(now(), u32::MAX);
        frames.look(&[0; PREFACE], now()).unwrap();
        let frame = frame(kind, 0, length);
        for count in 0..100_000 {
            for piece in frame.chunks(step) {
                if frames.look(piece, now()).is_err() {
                    return count;
                }
            }
        }
        usize::MAX
    }

    #[test]
    fn each_kind_of_flood_is_noticed_however_it_is_cut() {
        for step in [1, 4, 100] {
            assert_eq!(taken(0, 0, step), 100, "empty data");
            assert_eq!(taken(2, 5, step), 1_000, "priorities");
            assert_eq!(taken(3, 4, step), 200, "resets");
            assert_eq!(taken(4, 0, step), 1_000, "settings");
            assert_eq!(taken(6, 8, step), 1_000, "pings");
            assert_eq!(taken(8, 4, step), 20_000, "window updates");
            assert_eq!(taken(9, 3, step), 16, "continuations");
            assert_eq!(taken(77, 3, step), 1_000, "frames that nobody knows");
        }
    }

    #[test]
    fn requests_and_data_are_no_flood() {
        let mut frames = Frames::new(now(), u32::MAX);
        frames.look(&[0; PREFACE], now()).unwrap();
        for _ in 0..20_000 {
            frames.look(&frame(1, 5, 40), now()).unwrap();
            frames.look(&frame(0, 0, 16_384), now()).unwrap();
            frames.look(&frame(0, 1, 0), now()).unwrap();
        }
        // Every second request may be given up.
        for _ in 0..10_000 {
            frames.look(&frame(3, 0, 4), now()).unwrap();
        }
        assert!((0..300).any(|_| frames.look(&frame(3, 0, 4), now()).is_err()));
    }

    #[test]
    fn a_listener_allows_fewer_resets() {
        let began = now();
        let mut frames = Frames::new(began, 5);
        frames.look(&[0; PREFACE], began).unwrap();
        for _ in 0..5 {
            frames.look(&frame(1, 5, 40), began).unwrap();
            frames.look(&frame(3, 0, 4), began).unwrap();
        }
        assert!(frames.look(&frame(3, 0, 4), began + MINUTE).is_err());
        // They count for a minute.
        frames.look(&frame(3, 0, 4), began + MINUTE + Duration::from_millis(1)).unwrap();
    }

    #[test]
    fn the_preface_is_no_frame() {
        let mut frames = Frames::new(now(), u32::MAX);
        let bytes = [vec![9; PREFACE], frame(4, 0, 0), frame(9, 0, 1)].concat();
        for piece in bytes.chunks(5) {
            frames.look(piece, now()).unwrap();
        }
        assert_eq!((frames.control, frames.continuations, frames.length), (1, 1, 0));
    }
}
