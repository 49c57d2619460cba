//! The walbound program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    walbound::cli::run(std::env::args_os()).into()
}
