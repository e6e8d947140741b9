//! How long decisions about the nastiest filters take, and how much memory. Run with
//! `cargo bench --package plumbline-core`.
//!
//! Each case is decided in a process of its own, so that its peak of memory is its own. Times are
//! those of the processor, so that a busy machine counts as an idle one.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench may end so"
)]

#[path = "../tests/nasty/mod.rs"]
mod nasty;

use std::process::Command;

use plumbline_core::filter::{Coverage, covers};

/// The kernel counts the time of threads in ticks of four milliseconds: a case is decided as often
/// as it takes for that not to matter.
const ENOUGH: u64 = 300_000_000;
/// How the bench calls itself.
const ONE: &str = "--one";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == ONE) {
        Some(at) => {
            one(arguments.get(at + 1).and_then(|number| number.parse().ok()).expect("a number"))
        }
        None => all(),
    }
}

fn all() {
    let program = std::env::current_exe().expect("the bench's own path");
    println!(
        "| milliseconds | MB | MB with the patterns | verdict | case |\n|---|---|---|---|---|"
    );
    for number in 0.. {
        let output = Command::new(&program)
            .args([ONE, &number.to_string()])
            .output()
            .expect("the bench starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        if output.stdout.is_empty() {
            break;
        }
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Decides one case; says nothing when there is none of that number.
fn one(number: usize) {
    let Some((what, required, candidates)) = nasty::case(number) else { return };
    let before = peak_memory();
    let start = processor_time();
    let verdict = covers(&required, &candidates);
    let whole = peak_memory();
    let memory = whole - before;
    let mut rounds = 1;
    while processor_time() - start < ENOUGH {
        std::hint::black_box(covers(&required, &candidates));
        rounds += 1;
    }
    let milliseconds = (processor_time() - start) as f64 / 1e6 / f64::from(rounds);
    let told = if let Coverage::Undetermined { why } = &verdict { why } else { verdict.as_str() };
    println!(
        "| {milliseconds:.1} | {:.1} | {:.1} | {told} | {what} |",
        memory as f64 / 1024.0,
        whole as f64 / 1024.0
    );
}

/// The nanoseconds that this thread has run.
fn processor_time() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    text.split_whitespace().next().and_then(|first| first.parse().ok()).expect("a number")
}

/// The most memory that the process has had, in KB.
fn peak_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}
