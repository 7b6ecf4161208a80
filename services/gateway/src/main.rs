//! The process of the service, or the gateway on its own.

fn main() -> std::process::ExitCode {
    tradewind_gateway::run()
}
