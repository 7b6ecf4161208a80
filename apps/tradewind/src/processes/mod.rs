//! `tradewind up --processes`: every service as a process of its own, kept running.

mod child;
mod control;
mod keeper;
mod member;
mod output;
mod supervisor;
mod watch;

pub(crate) use supervisor::run;
