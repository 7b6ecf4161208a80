//! The process of the service.

fn main() -> std::process::ExitCode {
    tradewind_process::run(tradewind_backoffice::service())
}
