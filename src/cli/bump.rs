//! `walbound bump`.

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::io::clock;
use crate::io::terminal::write_stderr;
use crate::recover::bump::{self, Wish};
use crate::recover::lineages::{Lineages, Occupancy};
use crate::recover::sight::occupancy;
use crate::recover::verify;
use crate::report::clean;

use super::archive::LookOptions;
use super::args::Common;
use super::exit::{Exit, Failure};
use super::history;
use super::repository::{Repository, refused};
use super::sight::ArchiveSight;

/// `walbound bump`.
#[derive(Debug, Args)]
pub struct Bump {
    /// A name from the configuration, a Cluster name, `namespace/name`, or a directory
    #[arg(value_name = "DB")]
    pub database: String,
    /// The lineage the database archives to now; stops where it is another one
    #[arg(long, value_name = "LINEAGE")]
    pub from: Option<String>,
    /// The new write lineage [default: the next unused one in the style seen]
    #[arg(long, value_name = "LINEAGE")]
    pub to: Option<String>,
    /// Write the change instead of printing it
    #[arg(long)]
    pub write: bool,
    /// Say nothing about what could not be checked
    #[arg(long)]
    pub unverified: bool,
    /// Where to look for lineages in use.
    #[command(flatten)]
    pub look: LookOptions,
}

/// Gives a database a new write lineage.
pub(super) fn run(arguments: &Bump, common: &Common) -> Result<Exit, Failure> {
    let Some(repository) = Repository::open_for_change(Some(&arguments.database), common)? else {
        return Ok(Exit::Clean);
    };
    let database = repository.database(&arguments.database)?;
    let config = repository.config();
    let mut lineages = Lineages::of(&repository.project, &database);
    let gap = history::add(&repository, &mut lineages);
    let wish = Wish {
        from: arguments.from.as_deref(),
        to: arguments.to.as_deref(),
        pattern: config.lineage.pattern.as_deref(),
    };
    let sight = ArchiveSight::new(&arguments.look, &repository, common.quiet);
    let probe = |archive: &_| occupancy(&sight, archive);
    let chosen = bump::choose(&database, &lineages, wish, today(clock::now()), &probe)
        .map_err(|refusal| refused(&refusal))?;
    let mut draft = repository.draft();
    bump::write(&mut draft, &database, &chosen.to).map_err(|refusal| refused(&refusal))?;
    verify::bumped(&database, &draft.project(), config, &chosen.to)
        .map_err(|refusal| refused(&refusal))?;
    if !common.quiet {
        let title = database.title();
        let line = format!("{title}: writes {} → {}", chosen.from, chosen.to);
        write_stderr(&format!("{}\n", clean::line(&line)));
        if let Some(gap) = gap {
            write_stderr(&format!("note: {}\n", clean::line(&gap)));
        }
        if let Occupancy::Unknown(reason) = &chosen.occupancy {
            write_stderr(&format!(
                "not checked: whether the archive holds anything under {}: {}\n",
                clean::line(&chosen.to),
                clean::line(reason)
            ));
        }
    }
    repository.settle(&draft, arguments.write, common)
}

/// The day in UTC.
pub(super) fn today(now: i64) -> Date {
    Timestamp::from_second(now)
        .map(|now| Offset::UTC.to_datetime(now).date())
        .unwrap_or_default()
}
