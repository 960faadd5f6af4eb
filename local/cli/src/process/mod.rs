//! Child processes: how they are started, watched and stopped.

pub mod account;
pub mod launch;
mod leftovers;
pub mod service;
pub mod stage;
pub mod supervisor;
pub mod task;
