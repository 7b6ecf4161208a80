//! Which events are logged.

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::TelemetryError;

/// The level of what no directive names.
const DEFAULT: LevelFilter = LevelFilter::INFO;

/// Clients whose users say what happened. Warnings of the broker's show whole messages; that of the API server tells each
/// attempt of each watch, without saying of what.
const QUIET: [&str; 2] = ["lapin", "kube_client"];

/// The level of the spans that are kept whatever is logged: a warning without its trace would be no help.
const SPANS: Level = Level::INFO;

/// The level of each part of the program.
#[derive(Debug)]
pub(super) struct Filter {
    targets: Targets,
    most: LevelFilter,
}

impl Filter {
    /// Reads `info,tradewind_db=debug` and the like.
    ///
    /// A word that is no level is refused. Others read it as the name of a part, and then a typing error
    /// turns the log off.
    pub(super) fn parse(text: &str) -> Result<Self, TelemetryError> {
        let mut targets =
            Targets::new().with_default(DEFAULT).with_targets(QUIET.map(|name| (name, LevelFilter::OFF)));
        let mut most = LevelFilter::from_level(SPANS);
        for directive in text.split(',') {
            let refuse = || TelemetryError::Level(directive.trim().to_owned());
            let (target, name) = match directive.split_once('=') {
                Some((target, name)) => (Some(target.trim()), name),
                None => (None, directive),
            };
            let level = parse_level(name.trim()).ok_or_else(refuse)?;
            targets = match target {
                Some(target) if is_target(target) => targets.with_target(target, level),
                Some(_) => return Err(refuse()),
                None => targets.with_default(level),
            };
            most = most.max(level);
        }
        Ok(Self { targets, most })
    }

    pub(super) fn allows(&self, metadata: &Metadata<'_>) -> bool {
        let kept = metadata.is_span() && *metadata.level() <= SPANS;
        kept || self.targets.would_enable(metadata.target(), metadata.level())
    }

    /// Nothing more verbose than this is ever allowed.
    pub(super) fn most_verbose(&self) -> LevelFilter {
        self.most
    }
}

fn parse_level(name: &str) -> Option<LevelFilter> {
    let level = match name.to_ascii_lowercase().as_str() {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => return None,
    };
    Some(level)
}

/// The path of a module, or the beginning of one.
fn is_target(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':');
    !text.is_empty() && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_set_levels_for_parts() {
        let filter = Filter::parse(" warn , lamps=debug,lamps::bulb = OFF").unwrap();
        let allows = |target, level| filter.targets.would_enable(target, &level);
        assert!(allows("rooms", Level::WARN));
        assert!(!allows("rooms", Level::INFO));
        assert!(allows("lamps::switch", Level::DEBUG));
        assert!(!allows("lamps::switch", Level::TRACE));
        assert!(!allows("lamps::bulb", Level::ERROR));
        assert_eq!(filter.most_verbose(), LevelFilter::DEBUG);
    }

    #[test]
    fn what_no_directive_names_is_logged_from_info() {
        let filter = Filter::parse("lamps=error").unwrap();
        assert!(filter.targets.would_enable("rooms", &Level::INFO));
        assert!(!filter.targets.would_enable("rooms", &Level::DEBUG));
    }

    #[test]
    fn clients_whose_users_say_what_happened_are_silent_unless_they_are_asked_for() {
        for (part, of_it) in
            [("lapin", "lapin::returned_messages"), ("kube_client", "kube_client::client::builder")]
        {
            let filter = Filter::parse("debug").unwrap();
            assert!(!filter.targets.would_enable(of_it, &Level::ERROR), "{part}");
            let filter = Filter::parse(&format!("info,{part}=warn")).unwrap();
            assert!(filter.targets.would_enable(of_it, &Level::WARN), "{part}");
        }
    }

    #[test]
    fn a_typing_error_is_refused_and_says_what_is_allowed() {
        for (text, part) in [
            ("", ""),
            ("inof", "inof"),
            ("info,", ""),
            ("info, lamps=loud", "lamps=loud"),
            ("=debug", "=debug"),
            ("lamps[room]=debug", "lamps[room]=debug"),
            ("debug;lamps=info", "debug;lamps=info"),
        ] {
            let error = Filter::parse(text).unwrap_err();
            assert_eq!(error, TelemetryError::Level(part.to_owned()));
            assert!(error.to_string().contains("off, error, warn, info, debug or trace"));
        }
    }
}
