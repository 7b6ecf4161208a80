//! What memory comes from in a static program.

use mimalloc::MiMalloc;

/// In the place of musl's own, which has one lock for all threads of a process.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
