//! `TRADEWIND_FAULT`: ends this process as `kill -9` does, at a named point. Only in builds with the feature
//! `fault-points`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tradewind_kernel::FaultPoint;

const VARIABLE: &str = "TRADEWIND_FAULT";

/// How the variable begins when it names a folder. In it a file whose name is the number of a process says at which
/// `point:countdown` that one ends: a fleet of many processes has one environment, and only one of them shall end.
const FOLDER: &str = "in:";

/// What the variable says: `point:countdown`, or `point:countdown:file`.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    point: FaultPoint,
    /// At which pass of the point the process ends, from 1.
    countdown: u32,
    /// Passes count only once this file exists, so that a harness says when the countdown begins.
    file: Option<PathBuf>,
}

/// Every point of the program.
fn points() -> impl Iterator<Item = FaultPoint> {
    tradewind_chassis::fault_points().into_iter()
}

/// `tradewind fault-points`: how a harness learns what this build can do.
///
/// # Errors
/// None.
pub fn list() -> Result<ExitCode, String> {
    for point in points() {
        println!("{point}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Gets ready to end this process where the variable says; does nothing without it.
///
/// # Errors
/// When the variable cannot be understood.
pub fn arm() -> Result<(), String> {
    let Some(text) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let text = text.to_string_lossy();
    let hooked = if let Some(folder) = text.strip_prefix(FOLDER) {
        let file = Path::new(folder).join(std::process::id().to_string());
        let told = OnceLock::new();
        FaultPoint::hook(move |point| {
            if let Some(armed) = told_by(&file, &told) {
                armed.pass(point);
            }
        })
    } else {
        let fault = parse(&text).map_err(|error| format!("{VARIABLE}: {text:?}: {error}"))?;
        eprintln!("  {VARIABLE}: this process ends at pass {} of {}", fault.countdown, fault.point);
        let armed = Armed::new(fault);
        FaultPoint::hook(move |point| armed.pass(point))
    };
    hooked.map_err(|error| error.to_string())
}

/// A fault with the passes that are left.
#[derive(Debug)]
struct Armed {
    fault: Fault,
    left: AtomicU32,
}

impl Armed {
    fn new(fault: Fault) -> Self {
        let left = AtomicU32::new(fault.countdown);
        Self { fault, left }
    }

    fn pass(&self, point: FaultPoint) {
        let Fault { point: armed, file, .. } = &self.fault;
        let counts = point == *armed && file.as_ref().is_none_or(|file| file.exists());
        if counts && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            end();
        }
    }
}

/// What the file says, from the first pass on at which it is there. A text that is no fault is shown and counts for
/// nothing: whoever wrote it waits in vain and sees it.
fn told_by<'a>(file: &Path, told: &'a OnceLock<Option<Armed>>) -> Option<&'a Armed> {
    if told.get().is_none() && !file.exists() {
        return None;
    }
    let read = || {
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string());
        let fault = text.and_then(|text| parse(text.trim()));
        fault.map_err(|error| eprintln!("{VARIABLE}: {}: {error}", file.display())).ok().map(Armed::new)
    };
    told.get_or_init(read).as_ref()
}

fn parse(text: &str) -> Result<Fault, String> {
    let mut parts = text.splitn(3, ':');
    let (name, countdown) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let point = points().find(|point| point.name() == name).ok_or_else(|| {
        let names: Vec<_> = points().map(FaultPoint::name).collect();
        format!("no point is called {name:?}; there are {}", names.join(", "))
    })?;
    let countdown = countdown.parse().ok().filter(|countdown| *countdown > 0);
    let countdown = countdown.ok_or("expected point:countdown or point:countdown:file, counting from 1")?;
    Ok(Fault { point, countdown, file: parts.next().map(PathBuf::from) })
}

/// The signal takes every thread at once: nothing is flushed, dropped or answered.
fn end() {
    let process = rustix::process::getpid();
    if let Err(error) = rustix::process::kill_process(process, rustix::process::Signal::KILL) {
        eprintln!("{VARIABLE}: this process could not be ended: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_point_a_countdown_and_perhaps_a_file() {
        let fault = parse("db.commit.after:3").map(|fault| (fault.point.name(), fault.countdown, fault.file));
        assert_eq!(fault, Ok(("db.commit.after", 3, None)));
        let file = parse("db.commit.after:1:a/b:c").map(|fault| fault.file);
        assert_eq!(file, Ok(Some(PathBuf::from("a/b:c"))));
        for (text, part) in
            [("db.commit:1", "events.feed.read"), ("db.commit.after:0", "from 1"), ("", "no point")]
        {
            let error = parse(text).map(drop).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_file_arms_from_when_it_is_there_and_once() {
        let folder = tradewind_testkit::Folder::new("fault");
        let (file, told) = (folder.path().join("17"), OnceLock::new());
        assert!(told_by(&file, &told).is_none());
        std::fs::write(&file, "db.commit.after:3\n").unwrap();
        let armed = told_by(&file, &told).unwrap();
        armed.pass(tradewind_db::FAULT_POINTS[0]);
        armed.pass(armed.fault.point);
        assert_eq!(armed.left.load(Ordering::Relaxed), 2);
        std::fs::write(&file, "db.commit.after:9").unwrap();
        assert_eq!(told_by(&file, &told).map(|armed| armed.fault.countdown), Some(3));
    }

    #[test]
    fn no_two_points_have_one_name() {
        let names: std::collections::BTreeSet<_> = points().map(FaultPoint::name).collect();
        assert_eq!(names.len(), points().count());
    }
}
