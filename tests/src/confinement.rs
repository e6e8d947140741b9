//! The limits of a deployed function: memory, processor, open files and time, by control groups of
//! Linux.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::programs::isolated;

/// The resources that AWS Lambda gives to a function.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// In MiB; there is no swap.
    pub memory: u64,
    /// In thousandths of a processor: AWS Lambda gives 1,769 MB of memory one processor, and less
    /// memory its share.
    pub processor: u64,
    /// The limit of open files.
    pub open_files: u64,
}

impl Limits {
    /// The limits of a function with 256 MB.
    pub const FUNCTION: Self = Self { memory: 256, processor: 145, open_files: 1_024 };
}

/// A control group that is removed when this value is dropped.
#[derive(Debug)]
pub struct Confinement {
    folders: Vec<PathBuf>,
    limits: Limits,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

const ROOT: &str = "/sys/fs/cgroup";

fn write(file: &Path, value: u64) -> Result<(), String> {
    std::fs::write(file, value.to_string())
        .map_err(|error| format!("{} cannot be set: {error}", file.display()))
}

impl Confinement {
    /// A control group with limits.
    ///
    /// # Errors
    /// The reason why no group can be created: not Linux, no permission, or no controllers.
    pub fn new(limits: Limits) -> Result<Self, String> {
        let name =
            format!("plumbline-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let is_unified = Path::new(ROOT).join("cgroup.controllers").exists();
        if is_unified {
            // Usually they are enabled already. If one is missing, setting its limit fails.
            let _ = std::fs::write(Path::new(ROOT).join("cgroup.subtree_control"), "+cpu +memory");
        }
        let folders: Vec<PathBuf> = if is_unified {
            vec![Path::new(ROOT).join(&name)]
        } else {
            ["memory", "cpu"].map(|controller| Path::new(ROOT).join(controller).join(&name)).into()
        };
        let confinement = Self { folders, limits };
        for folder in &confinement.folders {
            std::fs::create_dir(folder)
                .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        }
        let bytes = limits.memory * 1_024 * 1_024;
        match confinement.folders.as_slice() {
            [unified] => {
                write(&unified.join("memory.max"), bytes)?;
                write(&unified.join("memory.swap.max"), 0)?;
                std::fs::write(
                    unified.join("cpu.max"),
                    format!("{} 100000", limits.processor * 100),
                )
                .map_err(|error| format!("cpu.max cannot be set: {error}"))?;
            }
            [memory, processor] => {
                write(&memory.join("memory.limit_in_bytes"), bytes)?;
                // If the kernel counts swap, it counts it together with memory.
                let _ = write(&memory.join("memory.memsw.limit_in_bytes"), bytes);
                let _ = write(&memory.join("memory.swappiness"), 0);
                write(&processor.join("cpu.cfs_period_us"), 100_000)?;
                write(&processor.join("cpu.cfs_quota_us"), limits.processor * 100)?;
            }
            _ => return Err("no control group".to_owned()),
        }
        Ok(confinement)
    }

    /// A program that runs within the limits.
    pub fn command(&self, program: &Path) -> Command {
        let mut script = String::new();
        for folder in &self.folders {
            script
                .push_str(&format!("echo $$ > '{}/cgroup.procs' || exit 125; ", folder.display()));
        }
        script.push_str(&format!("ulimit -n {} || exit 125; exec \"$0\"", self.limits.open_files));
        let mut command = isolated(PathBuf::from("/bin/sh"));
        command.arg("-c").arg(script).arg(program);
        command
    }
}

impl Drop for Confinement {
    fn drop(&mut self) {
        for folder in &self.folders {
            // It can be removed a moment after its last process ended.
            for _ in 0..50 {
                if std::fs::remove_dir(folder).is_ok() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
    }
}
