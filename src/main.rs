//! The walbound program: arguments in, exit code out.

use std::process::ExitCode;

/// The program's memory is trees of many small nodes. With the allocator of the GNU C library every command takes half as
/// long again (`tests/bench`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    walbound::cli::run(std::env::args_os()).into()
}
