//! `walbound completions`.

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::{Shell, generate};
use clap_complete_nushell::Nushell;

use super::answer;
use super::args::Arguments;
use super::exit::{Exit, Failure};

/// `walbound completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: ShellName,
}

/// A shell that can complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// `walbound completions bash > ~/.local/share/bash-completion/completions/walbound`
    Bash,
    /// `walbound completions zsh > _walbound`, in a directory of `$fpath`
    Zsh,
    /// `walbound completions fish > ~/.config/fish/completions/walbound.fish`
    Fish,
    /// `walbound completions powershell | Out-String | Invoke-Expression`
    #[value(name = "powershell")]
    PowerShell,
    /// `walbound completions nushell | save walbound.nu`, then `use walbound.nu *`
    Nushell,
}

/// Prints the completions of a shell.
pub(super) fn run(arguments: &Completions) -> Result<Exit, Failure> {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    match arguments.shell {
        ShellName::Bash => generate(Shell::Bash, &mut command, name, &mut text),
        ShellName::Zsh => generate(Shell::Zsh, &mut command, name, &mut text),
        ShellName::Fish => generate(Shell::Fish, &mut command, name, &mut text),
        ShellName::PowerShell => generate(Shell::PowerShell, &mut command, name, &mut text),
        ShellName::Nushell => generate(Nushell, &mut command, name, &mut text),
    }
    answer(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Clean)
}
