//! The program: arguments, run, exit status. All else is in the library.

fn main() {}
