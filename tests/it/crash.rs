//! What survives: a process killed while it writes, and a file that came to harm.

mod harm;
mod kill;
