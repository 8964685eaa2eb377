//! The command `modleak`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Some stages recurse as deeply as classes inherit and objects nest. Only the pages that are used cost memory.
const STACK_SIZE: usize = 512 << 20;

fn main() -> ExitCode {
    let run = || modleak::cli::run(&modleak::Driver);
    match std::thread::Builder::new().stack_size(STACK_SIZE).spawn(run) {
        Ok(thread) => thread.join().unwrap_or(ExitCode::from(2)),
        Err(_) => run(),
    }
}
