use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::*;

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn next(body: &mut CopiedBody) -> Poll<Result<Option<Bytes>, Left>> {
    body.poll(&mut context())
}

fn one() -> (Feeds, CopiedBody, Watch, Rc<Cell<usize>>) {
    let (of_thread, mut feeds) = (Rc::default(), Feeds::default());
    let (body, watch) = feeds.add(&of_thread);
    (feeds, body, watch, of_thread)
}

#[test]
fn what_is_put_in_comes_out_with_what_is_behind_it() {
    let (mut feeds, mut body, watch, of_thread) = one();
    assert!(next(&mut body).is_pending());
    feeds.push(b"one");
    feeds.push(b"");
    feeds.push(b"two");
    assert_eq!(watch.poll(&mut context()), Ok(false));
    assert_eq!(next(&mut body), Poll::Ready(Ok(Some(Bytes::from_static(b"one")))));
    feeds.end(b"x: 1\r\n");
    assert_eq!(watch.poll(&mut context()), Ok(true));
    assert!(!body.is_over(), "a piece is here still");
    assert_eq!(next(&mut body), Poll::Ready(Ok(Some(Bytes::from_static(b"two")))));
    assert!(body.is_over());
    assert_eq!((body.fields(), body.count()), (&b"x: 1\r\n"[..], 6));
    assert_eq!(next(&mut body), Poll::Ready(Ok(None)));
    assert_eq!(of_thread.get(), 0);
}

#[test]
fn a_mirror_that_falls_behind_loses_its_copy_and_its_room() {
    let (mut feeds, mut body, watch, of_thread) = one();
    for _ in 0..MOST_OF_COPY / 65_536 - 1 {
        feeds.push(&[1; 65_536]);
    }
    assert_eq!(watch.poll(&mut context()), Ok(false));
    feeds.push(&[1; 65_536]);
    assert_eq!(watch.poll(&mut context()), Err(CopyLost::Behind));
    assert!(next(&mut body) == Poll::Ready(Err(Left)));
    assert_eq!(of_thread.get(), 0);
    feeds.push(b"more");
    feeds.end(b"");
    assert_eq!(watch.poll(&mut context()), Err(CopyLost::Behind));
    assert_eq!(of_thread.get(), 0);
}

#[test]
fn one_that_takes_keeps_up_with_any_length() {
    let (mut feeds, mut body, watch, _) = one();
    for _ in 0..4 * MOST_OF_COPY / 65_536 {
        feeds.push(&[1; 65_536]);
        assert!(matches!(next(&mut body), Poll::Ready(Ok(Some(_)))));
    }
    assert_eq!(watch.poll(&mut context()), Ok(false));
}

#[test]
fn all_copies_of_a_thread_have_so_much_room() {
    let (of_thread, mut feeds) = (Rc::default(), Feeds::default());
    let copies: Vec<_> = (0..20).map(|_| feeds.add(&of_thread)).collect();
    for _ in 0..15 {
        feeds.push(&[1; 65_536]);
    }
    let lost = copies.iter().filter(|(_, watch)| watch.poll(&mut context()) == Err(CopyLost::NoRoom));
    assert_eq!(lost.count(), 3, "seventeen times 15 pieces are the most that fits");
    assert!(of_thread.get() <= MOST_OF_THREAD);
    drop(copies);
    assert_eq!(of_thread.get(), 0);
}

#[test]
fn small_pieces_are_more_than_their_bytes() {
    let (mut feeds, _body, watch, _) = one();
    for _ in 0..MOST_OF_COPY / 8 {
        feeds.push(b"x");
    }
    assert_eq!(watch.poll(&mut context()), Err(CopyLost::Behind));
}

#[test]
fn an_original_that_breaks_off_cuts_its_copies() {
    let (mut feeds, mut body, watch, _) = one();
    feeds.push(b"half");
    drop(feeds);
    assert_eq!(watch.poll(&mut context()), Err(CopyLost::Cut));
    assert!(next(&mut body) == Poll::Ready(Err(Left)), "what is not whole is not to look so");
}

#[test]
fn a_copy_that_has_left_takes_no_room() {
    let (mut feeds, body, watch, of_thread) = one();
    feeds.push(b"one");
    drop((body, watch));
    feeds.push(b"two");
    assert_eq!(of_thread.get(), 0);
    assert!(feeds.0.is_empty());
}
