//! The chassis: what a service is, and how one or many of them run.
//!
//! A service is a value: a [`Definition`] names its settings, doors, subscriptions, jobs and schema and
//! becomes a [`Service`]. It opens no socket and reads no environment. An [`Assembly`] gives services a
//! [`Host`]: time, randomness, storage, network and settings; everything that differs between a laptop, a
//! cluster and a simulation is in the host.

#![warn(missing_docs)]

mod assembly;
mod asyncapi;
mod audits;
mod backup;
mod blocking;
mod broker;
mod by_broker;
mod data_folder;
mod database;
mod dependency;
mod description;
mod directory;
mod discovery;
mod evidence;
mod far_feed;
mod fault_points;
mod files;
mod foreign;
mod health;
mod host;
pub mod http;
mod identity;
mod instance;
mod internals;
mod kept;
mod letters;
mod measured;
pub mod metrics;
mod mutants;
mod openapi;
mod otlp;
mod peers;
mod plan;
mod policies;
mod processes;
mod public_feed;
mod sagas;
mod secrets;
mod serve;
mod service;
pub mod settings;
mod start_error;
mod subscribers;
mod sweep;
mod tail;
mod tasks;
pub mod telemetry;
mod tokens;
mod upkeep;
mod view_settings;
mod views;

pub use assembly::{Assembly, Drained, INTERNAL_SECRET, Running, Stored};
pub use blocking::Blocking;
pub use broker::{BrokerSettings, EventDriver};
pub use data_folder::{DataFolder, DataFolderError};
pub use database::DatabaseSettings;
pub use dependency::Dependency;
pub use description::{Description, DoorDescription, DoorKind, SubscriptionDescription};
pub use directory::Directory;
pub use discovery::DiscoverySettings;
pub use fault_points::{FAULT_POINTS, fault_points};
pub use health::{Health, Stage};
pub use host::{
    AccessSettings, EventSettings, ForeignProcess, HandedSocket, Host, HttpSettings, Network,
    PlatformSettings, ShutdownSettings, Storage, Wiring,
};
pub use identity::{IdentitySettings, PublicDoors, declared_callers};
pub use instance::OpenDoor;
pub use mutants::MUTANTS;
pub use otlp::TelemetrySettings;
pub use plan::Init;
pub use policies::{
    BalanceSettings, BreakerSettings, BulkheadSettings, ClientSettings, PeerSettings, RetrySettings,
    ThrottleSettings,
};
pub use processes::{ProcessPage, ProcessSummary};
pub use serve::{ConnectionGuard, GuardFactory, GuardRefusal, ListenError, listen, serve_handler};
pub use service::{Definition, NoSettings, Service};
pub use start_error::StartError;
pub use subscribers::Following;
pub use sweep::{Due, Sweep};
pub use tail::{Tail, Tailed};
pub use tasks::{Pace, Scope, step_by_step};
pub use tradewind_lineage::{Process, Step};
pub use view_settings::ViewSettings;
