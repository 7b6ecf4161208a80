//! Bytes that have arrived and are not used up.

use std::cell::RefCell;
use std::rc::Rc;

/// The size of a buffer in bytes: the longest usual head and a little more.
const USUAL: usize = 17 * 1024;

/// The size of a buffer in bytes for a long body, which goes through in fewer steps.
const LARGE: usize = 68 * 1024;

/// Buffers of usual size that a thread keeps for later: 4 MiB.
const KEPT: usize = 256;

/// Large buffers that a thread keeps for later: 2 MiB.
const KEPT_LARGE: usize = 32;

/// Large buffers that are in use on a thread at a time: 8.5 MiB. Further bodies go through in smaller steps, so that
/// clients who read slowly cannot have more.
const MOST_LARGE: usize = 128;

/// Messages that a thread keeps for later, each with room for a usual head.
const KEPT_MESSAGES: usize = 256;

/// The room of a message in bytes; one that has grown far beyond it is not kept.
const MESSAGE: usize = 2 * 1024;

/// Bytes that have arrived and are not used up. Its storage is zeroed once and then used again and again.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    storage: Vec<u8>,
    start: usize,
    end: usize,
    /// Held by a large one, so that those in use can be counted.
    large: Option<Rc<()>>,
}

impl Buffer {
    /// What has arrived.
    pub(crate) fn filled(&self) -> &[u8] {
        self.storage.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Uses bytes in front up.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Room for more; empty only when the buffer is full from its first byte on.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.end == self.storage.len() && self.start > 0 {
            self.storage.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        self.storage.get_mut(self.end..).unwrap_or_default()
    }

    /// Counts bytes that were put into the room.
    pub(crate) fn filled_more(&mut self, count: usize) {
        self.end = self.storage.len().min(self.end + count);
    }

    /// Puts bytes behind those that have arrived.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        let kept = self.end - self.start;
        if self.storage.len() < kept + bytes.len() {
            self.storage.resize((kept + bytes.len()).max(USUAL), 0);
        }
        self.room();
        if self.storage.len() - self.end < bytes.len() {
            self.storage.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, kept);
        }
        if let Some(room) = self.storage.get_mut(self.end..self.end + bytes.len()) {
            room.copy_from_slice(bytes);
            self.end += bytes.len();
        }
    }

    /// Makes the storage large enough for the longest head.
    pub(crate) fn enlarge(&mut self) {
        self.at_least(LARGE);
    }

    /// Makes the storage twice as large.
    pub(crate) fn double(&mut self) {
        self.at_least(2 * self.storage.len());
    }

    fn at_least(&mut self, size: usize) {
        if self.storage.len() < size {
            self.storage.resize(size, 0);
        }
    }
}

/// Buffers of one thread that nobody uses at the moment. Idle connections have none.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    usual: RefCell<Vec<Buffer>>,
    large: RefCell<Vec<Buffer>>,
    /// Each large buffer that is in use holds it as well.
    in_use: Rc<()>,
    messages: RefCell<Vec<Vec<u8>>>,
}

impl Buffers {
    /// An empty buffer with room.
    pub(crate) fn take(&self) -> Buffer {
        let mut buffer = self.usual.borrow_mut().pop().unwrap_or_default();
        buffer.at_least(USUAL);
        buffer
    }

    /// Gives a buffer back; what is left in it is forgotten.
    pub(crate) fn put(&self, mut buffer: Buffer) {
        (buffer.start, buffer.end, buffer.large) = (0, 0, None);
        let is_large = buffer.storage.len() > USUAL;
        let (list, most) = if is_large { (&self.large, KEPT_LARGE) } else { (&self.usual, KEPT) };
        let mut list = list.borrow_mut();
        if (1..=LARGE).contains(&buffer.storage.len()) && list.len() < most {
            list.push(buffer);
        }
    }

    /// An empty message to be written.
    pub(crate) fn message(&self) -> Vec<u8> {
        self.messages.borrow_mut().pop().unwrap_or_else(|| Vec::with_capacity(MESSAGE))
    }

    /// Gives a message back.
    pub(crate) fn put_message(&self, mut message: Vec<u8>) {
        let mut messages = self.messages.borrow_mut();
        if (1..=8 * MESSAGE).contains(&message.capacity()) && messages.len() < KEPT_MESSAGES {
            message.clear();
            messages.push(message);
        }
    }

    /// A large buffer with what another one holds, for a long body; the same one where many large ones are in use.
    pub(crate) fn enlarge_if_few(&self, buffer: &mut Buffer) {
        if Rc::strong_count(&self.in_use) <= MOST_LARGE {
            self.enlarge(buffer);
        }
    }

    /// A large buffer with what another one holds.
    pub(crate) fn enlarge(&self, buffer: &mut Buffer) {
        if buffer.storage.len() > USUAL {
            return;
        }
        if let Some(mut large) = self.large.borrow_mut().pop() {
            large.extend(buffer.filled());
            self.put(std::mem::replace(buffer, large));
        } else {
            buffer.at_least(LARGE);
        }
        buffer.large = Some(self.in_use.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take();
        let (mut written, mut read): (u8, u8) = (0, 0);
        for step in 1..500_usize {
            let count = (step * 7919) % 6000;
            let room = buffer.room();
            let count = count.min(room.len());
            room[..count].iter_mut().for_each(|byte| {
                *byte = written;
                written = written.wrapping_add(1);
            });
            buffer.filled_more(count);
            if step % 50 == 0 {
                buffers.enlarge(&mut buffer);
            }
            let used = (step * 104_729) % 7000;
            let used = used.min(buffer.filled().len());
            for byte in &buffer.filled()[..used] {
                assert_eq!(*byte, read);
                read = read.wrapping_add(1);
            }
            buffer.consume(used);
        }
    }

    #[test]
    fn what_is_put_behind_stays_in_order() {
        let mut buffer = Buffer::default();
        buffer.extend(&[1; 10_000]);
        buffer.consume(9_000);
        buffer.extend(&[2; 16_000]);
        assert_eq!(buffer.filled(), [vec![1; 1_000], vec![2; 16_000]].concat());
    }

    #[test]
    fn a_buffer_that_was_given_back_is_empty() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take();
        buffer.extend(b"secret");
        buffers.put(buffer);
        assert!(buffers.take().is_empty());
        assert!(buffers.usual.borrow().is_empty());
    }

    #[test]
    fn so_many_large_buffers_are_in_use_and_no_more() {
        let buffers = Buffers::default();
        let mut taken: Vec<Buffer> = (0..MOST_LARGE + 2).map(|_| buffers.take()).collect();
        taken.iter_mut().for_each(|buffer| buffers.enlarge_if_few(buffer));
        let is_large = |buffer: &Buffer| buffer.storage.len() > USUAL;
        assert_eq!(taken.iter().filter(|buffer| is_large(buffer)).count(), MOST_LARGE);
        // One is given back and one is let go of, as with a connection that broke.
        buffers.put(taken.swap_remove(0));
        drop(taken.swap_remove(0));
        let mut small: Vec<&mut Buffer> = taken.iter_mut().filter(|buffer| !is_large(buffer)).collect();
        small.iter_mut().for_each(|buffer| buffers.enlarge_if_few(buffer));
        assert_eq!(taken.iter().filter(|buffer| is_large(buffer)).count(), MOST_LARGE);
    }
}
