//! A program run several times: how long it takes and how much memory it needs.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// One run of a program, from its start to its end.
struct Run {
    wall: Duration,
    cpu: Duration,
    /// Largest resident memory, in bytes.
    memory: u64,
}

/// What several runs of one command took.
pub(crate) struct Measured {
    runs: Vec<Run>,
}

impl Measured {
    /// Runs `command` once to warm the caches, then `runs` times. Its output goes to the file `output`.
    pub(crate) fn of(command: &mut Command, runs: usize, output: &Path) -> Self {
        if runs > 1 {
            run(command, output);
        }
        let mut runs: Vec<Run> = (0..runs).map(|_| run(command, output)).collect();
        runs.sort_by_key(|run| run.wall);
        Self { runs }
    }

    /// How many runs were measured.
    pub(crate) fn count(&self) -> usize {
        self.runs.len()
    }

    /// Milliseconds of the middle run.
    pub(crate) fn median(&self) -> f64 {
        milliseconds(self.runs[self.runs.len() / 2].wall)
    }

    /// Milliseconds of the fastest run.
    pub(crate) fn fastest(&self) -> f64 {
        milliseconds(self.runs[0].wall)
    }

    /// Milliseconds of the slowest run.
    pub(crate) fn slowest(&self) -> f64 {
        milliseconds(self.runs[self.runs.len() - 1].wall)
    }

    /// Processor milliseconds of the middle run; other programs on the machine disturb it less than the wall time.
    pub(crate) fn cpu(&self) -> f64 {
        let mut all: Vec<Duration> = self.runs.iter().map(|run| run.cpu).collect();
        all.sort();
        milliseconds(all[all.len() / 2])
    }

    /// Largest resident memory of any run, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        let most = self.runs.iter().map(|run| run.memory).max().unwrap_or(0);
        most as f64 / (1024.0 * 1024.0)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn run(command: &mut Command, output: &Path) -> Run {
    command
        .stdin(Stdio::null())
        .stdout(File::create(output).unwrap())
        .stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let used = child.wait4().unwrap();
    let wall = start.elapsed();
    // 1 says that lint found something, which it should.
    assert!(
        matches!(used.status.code(), Some(0 | 1)),
        "{command:?} ended with {}",
        used.status
    );
    Run {
        wall,
        cpu: used.rusage.utime + used.rusage.stime,
        memory: used.rusage.maxrss,
    }
}
