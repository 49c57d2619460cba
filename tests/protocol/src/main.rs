//! The program, for the tests here.

use std::process::ExitCode;

fn main() -> ExitCode {
    walbound::cli::run(std::env::args_os()).into()
}
