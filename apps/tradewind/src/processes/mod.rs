//! `tradewind up --processes`: every service as a process of its own, kept running.

mod ask;
mod certificates;
mod child;
mod desk;
mod fleet;
mod foreign;
mod held;
mod keeper;
mod member;
mod output;
mod places;
mod programs;
mod supervisor;
mod watch;

pub(crate) use ask::Supervisor;
pub(crate) use desk::ProcessView;
pub(crate) use supervisor::run;
