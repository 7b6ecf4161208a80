//! Cases as they stand in the files of `cases/`.
//!
//! A case is a diagram of one client connection. Its lines begin with who speaks to whom:
//!
//! ```text
//! == a name, unlike all others
//! from: the section of the standard, or the attack
//! > what the client sends: bytes, written as `text.rs` says, line ends included
//! >> what the upstream has to receive
//! << what the upstream answers; without it a 200 with the body "ok"
//! < what the client has to receive; without it one such 200 for each request of `>>`
//! ```
//!
//! and words in between do what bytes cannot. Of the client: `wait TEXT` until that has been received, `pause N`
//! milliseconds, `shut` the sending side. Of the upstream: `next` begins the answer to the next request, `early` has it
//! sent when the head of its request is there, `take N` waits for bytes of a tunnel, `hold N` milliseconds in which
//! nothing may come, `pause N`, `close`. Of what is expected, in place of `<` lines or after them:
//!
//! - `refused STATUS CODE`: a problem document, then the end of the connection, and not one byte of it upstream.
//! - `answered STATUS CODE`: the same, but the connection may stay.
//! - `fails STATUS CODE`: a problem document in answer to the last request of `>>`.
//! - `in-body STATUS CODE`: the body is refused or ends too early, when its head may be upstream already: there it must
//!   never become whole, and the client gets the problem document or just the end of the connection.
//! - `broken`: the upstream's answer is spoilt when its head may be with the client already: a problem document, or an
//!   answer that is visibly not whole, and the end of the connection.
//! - `nothing`: the end of the connection, perhaps with a problem document, and not one byte upstream.
//! - `end open`, `end closed`, `end orderly`, `end any`: how the connection is left. Open is the rule, and seen by a
//!   further request; orderly is closed without a reset.
//! - `no-interim`: without it interim answers that no `<` names may come or not.
//! - `connections N` of the upstream that carried bytes; `never TEXT` in what the upstream receives.
//!
//! CODE is `*` for any, or several joined by `|`. A host `*` in `>>` is one that the gateway chooses.

use super::message::{Kind, Message, Read, read};
use super::text;

#[derive(Debug, Default)]
pub struct Case {
    pub name: String,
    pub class: String,
    pub from: String,
    pub client: Vec<Step>,
    /// What the upstream does for each request in turn.
    pub scripts: Vec<Script>,
    pub upstream: Vec<Forwarded>,
    pub answers: Vec<Answer>,
    pub end: End,
    pub has_no_interim: bool,
    pub connections: Option<usize>,
    pub never: Vec<String>,
}

/// A step of the client.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Send(Vec<u8>),
    Wait(Vec<u8>),
    Pause(u64),
    Shut,
}

/// What the upstream does for one request.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Script {
    pub is_early: bool,
    pub moves: Vec<Move>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    Send(Vec<u8>),
    Take(usize),
    Hold(u64),
    Pause(u64),
    Close,
}

/// A request that the upstream has to receive, and the bytes of the tunnel that it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded {
    pub message: Message,
    pub tunnel: Vec<u8>,
}

/// What the client has to receive.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Whole { message: Message, tunnel: Vec<u8>, to_head: bool },
    Problem(Problem),
    InBody(Problem),
    Broken,
    Nothing,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub status: u16,
    /// Any code when there is none.
    pub codes: Vec<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum End {
    #[default]
    Open,
    Closed,
    /// Closed without a reset, which could destroy the answer on its way.
    Orderly,
    Any,
}

impl Case {
    /// Nothing of it may reach an upstream.
    pub fn is_refused(&self) -> bool {
        self.upstream.is_empty() && !self.answers.iter().any(|answer| matches!(answer, Answer::InBody(_)))
    }
}

impl Script {
    /// What the upstream does where a case says nothing.
    pub fn usual(method: &str, body: &str) -> Self {
        let sent = if method == "HEAD" { "" } else { body };
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{sent}", body.len());
        Self { is_early: false, moves: vec![Move::Send(answer.into_bytes())] }
    }

    /// Whether the connection becomes a tunnel.
    pub fn switches(&self) -> bool {
        self.moves.iter().any(|step| matches!(step, Move::Send(bytes) if bytes.starts_with(b"HTTP/1.1 101 ")))
    }
}

/// All cases of one file, or the first mistake with its line.
pub fn cases(class: &str, file: &str) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    let mut draft: Option<Draft> = None;
    for (number, line) in (1..).zip(file.lines()) {
        let here = |what: String| format!("{class}, line {number}: {what}");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("== ") {
            if let Some(before) = draft.take() {
                cases.push(before.finish().map_err(here)?);
            }
            draft = Some(Draft::new(class, name));
            continue;
        }
        let draft = draft.as_mut().ok_or_else(|| here("a line before the first case".to_owned()))?;
        draft.line(line).map_err(here)?;
    }
    if let Some(last) = draft {
        cases.push(last.finish().map_err(|what| format!("{class}, last case: {what}"))?);
    }
    Ok(cases)
}

/// A case whose lines have not all been read.
struct Draft {
    case: Case,
    upstream: Vec<u8>,
    answers: Vec<u8>,
    /// Stand after the answers in bytes.
    special: Vec<Answer>,
    end: Option<End>,
    fails: bool,
}

impl Draft {
    fn new(class: &str, name: &str) -> Self {
        let case = Case { name: name.to_owned(), class: class.to_owned(), ..Case::default() };
        Self { case, upstream: Vec::new(), answers: Vec::new(), special: Vec::new(), end: None, fails: false }
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "from:" => self.case.from = rest.to_owned(),
            ">" => self.send(text::bytes(rest)?),
            ">>" => self.upstream.extend(text::bytes(rest)?),
            "<<" => self.script_bytes(text::bytes(rest)?),
            "<" => self.answers.extend(text::bytes(rest)?),
            "wait" => self.case.client.push(Step::Wait(text::bytes(rest)?)),
            "shut" => self.case.client.push(Step::Shut),
            "next" => self.case.scripts.push(Script::default()),
            "early" => self.script().is_early = true,
            "take" => {
                let bytes = number(rest)?;
                self.script().moves.push(Move::Take(bytes));
            }
            "hold" => {
                let milliseconds = number(rest)?;
                self.script().moves.push(Move::Hold(milliseconds));
            }
            "pause" if self.case.scripts.is_empty() => self.case.client.push(Step::Pause(number(rest)?)),
            "pause" => {
                let milliseconds = number(rest)?;
                self.script().moves.push(Move::Pause(milliseconds));
            }
            "no-interim" => self.case.has_no_interim = true,
            "close" => self.script().moves.push(Move::Close),
            "connections" => self.case.connections = Some(number(rest)?),
            "never" => self.case.never.push(rest.to_ascii_lowercase()),
            _ => return self.expectation(word, rest),
        }
        Ok(())
    }

    fn expectation(&mut self, word: &str, rest: &str) -> Result<(), String> {
        let (answer, end) = match word {
            "refused" => (Answer::Problem(problem(rest)?), End::Closed),
            "answered" | "fails" => (Answer::Problem(problem(rest)?), End::Any),
            "in-body" => (Answer::InBody(problem(rest)?), End::Closed),
            "broken" => (Answer::Broken, End::Any),
            "nothing" => (Answer::Nothing, End::Closed),
            "end" => {
                self.end = Some(match rest {
                    "open" => End::Open,
                    "closed" => End::Closed,
                    "orderly" => End::Orderly,
                    "any" => End::Any,
                    _ => return Err(format!("no end is called {rest:?}")),
                });
                return Ok(());
            }
            _ => return Err(format!("no line begins with {word:?}")),
        };
        self.fails |= matches!(word, "fails" | "broken");
        self.special.push(answer);
        self.case.end = end;
        Ok(())
    }

    /// Bytes of the client; lines after each other are one piece.
    fn send(&mut self, bytes: Vec<u8>) {
        match self.case.client.last_mut() {
            Some(Step::Send(before)) => before.extend(bytes),
            _ => self.case.client.push(Step::Send(bytes)),
        }
    }

    fn script(&mut self) -> &mut Script {
        if self.case.scripts.is_empty() {
            self.case.scripts.push(Script::default());
        }
        self.case.scripts.last_mut().expect("one was pushed")
    }

    fn script_bytes(&mut self, bytes: Vec<u8>) {
        match self.script().moves.last_mut() {
            Some(Move::Send(before)) => before.extend(bytes),
            _ => self.script().moves.push(Move::Send(bytes)),
        }
    }

    fn finish(mut self) -> Result<Case, String> {
        if self.case.from.is_empty() || self.case.client.is_empty() {
            return Err(format!("{:?} says not where it is from, or sends nothing", self.case.name));
        }
        self.case.upstream = self.forwarded()?;
        self.case.answers = self.whole_answers()?;
        if self.case.answers.is_empty() && self.answers.is_empty() {
            let usual = self.case.upstream.len() - usize::from(self.fails).min(self.case.upstream.len());
            self.case.answers = self.case.upstream.iter().take(usual).map(usual_answer).collect();
        }
        self.case.answers.append(&mut self.special);
        if let Some(end) = self.end {
            self.case.end = end;
        } else if self.case.client.contains(&Step::Shut) {
            self.case.end = End::Closed;
        }
        Ok(self.case)
    }

    /// The requests of the `>>` lines.
    fn forwarded(&self) -> Result<Vec<Forwarded>, String> {
        let (mut found, mut rest) = (Vec::new(), self.upstream.as_slice());
        while !rest.is_empty() {
            let Read::Whole(message, taken) = read(rest, Kind::Request) else {
                return Err(format!(
                    "{:?} has a `>>` that is not whole: {:?}",
                    self.case.name,
                    read(rest, Kind::Request)
                ));
            };
            rest = &rest[taken..];
            let switches = self.case.scripts.get(found.len()).is_some_and(Script::switches);
            let tunnel = if switches { std::mem::take(&mut rest).to_vec() } else { Vec::new() };
            found.push(Forwarded { message, tunnel });
        }
        Ok(found)
    }

    /// The answers of the `<` lines, interim ones too.
    fn whole_answers(&self) -> Result<Vec<Answer>, String> {
        let (mut found, mut rest, mut finals) = (Vec::new(), self.answers.as_slice(), 0);
        while !rest.is_empty() {
            let to_head =
                self.case.upstream.get(finals).is_some_and(|request| request.message.method() == "HEAD");
            let Read::Whole(message, taken) = read(rest, Kind::Response { to_head, at_end: true }) else {
                return Err(format!("{:?} has a `<` that is not whole", self.case.name));
            };
            rest = &rest[taken..];
            finals += usize::from(!message.is_interim());
            let switches = message.status() == 101;
            let tunnel = if switches { std::mem::take(&mut rest).to_vec() } else { Vec::new() };
            found.push(Answer::Whole { message, tunnel, to_head });
        }
        Ok(found)
    }
}

fn usual_answer(request: &Forwarded) -> Answer {
    let to_head = request.message.method() == "HEAD";
    let Some(Move::Send(bytes)) = Script::usual(request.message.method(), "ok").moves.pop() else {
        unreachable!("the usual script sends bytes");
    };
    match read(&bytes, Kind::Response { to_head, at_end: false }) {
        Read::Whole(message, _) => Answer::Whole { message, tunnel: Vec::new(), to_head },
        other => unreachable!("the usual answer is whole: {other:?}"),
    }
}

fn problem(words: &str) -> Result<Problem, String> {
    let (status, codes) = words.split_once(' ').ok_or("a status and a code are wanted")?;
    let codes = if codes == "*" { Vec::new() } else { codes.split('|').map(str::to_owned).collect() };
    Ok(Problem { status: number(status)?, codes })
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

#[cfg(test)]
mod tests;
